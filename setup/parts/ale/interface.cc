// The library that the program loads to play Atari (slm_lab/env/atari/ale_interface.h): ALE behind a few C functions.
// It is linked with ALE and therefore under the GNU General Public License, version 2, as ALE is; the program does not
// contain it. setup/parts/ale.sh builds it.
#include <algorithm>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "ale/ale_interface.hpp"
#include "slm_lab/env/atari/ale_interface.h"

struct SlmAleGame {
  ale::ALEInterface ale;
};

namespace {

int refuse(char* error, size_t size, const std::string& text) {
  const size_t length = std::min(text.size(), size - 1);
  std::memcpy(error, text.data(), length);
  error[length] = 0;
  return 1;
}

template <class Work>
int guarded(char* error, size_t size, const Work& work) {
  try {
    work();
    return 0;
  } catch (const std::exception& exception) {
    return refuse(error, size, exception.what());
  } catch (...) {
    return refuse(error, size, "an unknown exception of ALE");
  }
}

SlmAleGame* open(const char* rom_file, int max_frames, char* error, size_t error_size) {
  SlmAleGame* game = nullptr;
  const int failed = guarded(error, error_size, [&] {
    ale::Logger::setMode(ale::Logger::Error);
    // loadROM ends the process where something is wrong.
    if (!ale::ALEInterface::isSupportedROM(rom_file))
      throw std::runtime_error("not a ROM that ALE knows: its MD5 differs");
    auto made = std::make_unique<SlmAleGame>();
    made->ale.setInt("random_seed", 0);
    made->ale.setFloat("repeat_action_probability", 0);
    made->ale.setInt("max_num_frames_per_episode", max_frames);
    made->ale.loadROM(rom_file);
    game = made.release();
  });
  return failed ? nullptr : game;
}

void close(SlmAleGame* game) { delete game; }

unsigned bits(const ale::ActionVect& actions) {
  unsigned all = 0;
  for (const ale::Action action : actions) all |= 1u << action;
  return all;
}

void facts(SlmAleGame* game, SlmAleFacts* out) {
  const ale::ALEScreen& screen = game->ale.getScreen();
  out->screen_height = static_cast<int>(screen.height());
  out->screen_width = static_cast<int>(screen.width());
  out->screen = screen.getArray();
  out->ram = game->ale.getRAM().array();
  unsigned char colours[kSlmAleColours];
  for (int i = 0; i < kSlmAleColours; ++i) colours[i] = static_cast<unsigned char>(2 * i);
  auto& palette = game->ale.theOSystem->colourPalette();
  palette.applyPaletteGrayscale(out->gray, colours, kSlmAleColours);
  palette.applyPaletteRGB(out->rgb, colours, kSlmAleColours);
  out->minimal_actions = bits(game->ale.getMinimalActionSet());
  out->legal_actions = bits(game->ale.getLegalActionSet());
}

int set_mode(SlmAleGame* game, int mode, char* error, size_t error_size) {
  return guarded(error, error_size, [&] { game->ale.setMode(static_cast<ale::game_mode_t>(mode)); });
}
int set_difficulty(SlmAleGame* game, int difficulty, char* error, size_t error_size) {
  return guarded(error, error_size, [&] { game->ale.setDifficulty(static_cast<ale::difficulty_t>(difficulty)); });
}

template <class Values>
size_t copy(const Values& from, int* values, size_t capacity) {
  for (size_t i = 0; i < std::min(from.size(), capacity); ++i) values[i] = static_cast<int>(from[i]);
  return from.size();
}
size_t modes(SlmAleGame* game, int* values, size_t capacity) {
  return copy(game->ale.getAvailableModes(), values, capacity);
}
size_t difficulties(SlmAleGame* game, int* values, size_t capacity) {
  return copy(game->ale.getAvailableDifficulties(), values, capacity);
}

void reset(SlmAleGame* game) { game->ale.reset_game(); }
int act(SlmAleGame* game, int action) { return game->ale.act(static_cast<ale::Action>(action)); }
int lives(SlmAleGame* game) { return game->ale.lives(); }
int is_over(SlmAleGame* game) { return game->ale.game_over(false); }
int is_truncated(SlmAleGame* game) { return game->ale.game_truncated(); }
int episode_frame(SlmAleGame* game) { return game->ale.getEpisodeFrameNumber(); }

size_t save(SlmAleGame* game, char* bytes, size_t capacity) {
  const std::string state = game->ale.cloneState(true).serialize();
  if (capacity > 0) std::memcpy(bytes, state.data(), std::min(state.size(), capacity));
  return state.size();
}

int load(SlmAleGame* game, const char* bytes, size_t size, char* error, size_t error_size) {
  return guarded(error, error_size, [&] {
    const ale::ALEState state{std::string(bytes, size)};
    // Without a frame between the reset and the state some games go on differently.
    game->ale.reset_game();
    game->ale.act(ale::PLAYER_A_NOOP);
    game->ale.restoreState(state);
  });
}

constexpr SlmAle kAle{kSlmAleVersion, open, close, facts,   set_mode,     set_difficulty, modes, difficulties,
                      reset,          act,  lives, is_over, is_truncated, episode_frame,  save,  load};

}  // namespace

extern "C" __attribute__((visibility("default"))) const SlmAle* slm_ale() { return &kAle; }
