#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/env/atari/ale_interface.h"
#include "slm_lab/env/atari_kwargs.h"

namespace slm {

/// Where ./slm-lab setup ale leaves the library and the ROMs.
struct AleFiles {
  std::filesystem::path library;  ///< empty where parts are not to be used
  std::filesystem::path roms;

  static AleFiles installed();
  bool are_there() const;
};

/// A cartridge that emulators are made with: ALE's library, loaded once, and the ROM of a game.
class AtariCartridge {
 public:
  /// Throws MissingPart where ALE is not installed, Error(missing) or Error(corrupt) where the ROM is not the right
  /// one.
  explicit AtariCartridge(const AtariGame& game, const AleFiles& files = AleFiles::installed());
  const SlmAle& ale() const { return *ale_; }
  const std::string& rom() const { return rom_; }

 private:
  const SlmAle* ale_;
  std::string rom_;
};

/// The Atari 2600 with a game in it: one frame at a time, without sticky actions.
class Emulator {
 public:
  static constexpr int kMostPixels = 160 * 256;  ///< of a screen

  /// Throws SpecError for a mode or a difficulty that the game does not have.
  Emulator(const AtariCartridge& cartridge, const AtariKwargs& kwargs);

  void reset() { ale_->reset(game_.get()); }
  int act(int action) { return ale_->act(game_.get(), action); }  ///< one of ALE's 18 actions; gives the reward
  int lives() const { return ale_->lives(game_.get()); }
  bool is_over() const { return ale_->is_over(game_.get()) != 0; }
  bool is_truncated() const { return ale_->is_truncated(game_.get()) != 0; }
  int episode_frame() const { return ale_->episode_frame(game_.get()); }

  const SlmAleFacts& facts() const { return facts_; }
  std::span<const std::uint8_t> screen() const;  ///< (screen_height * screen_width)  twice the colour of each pixel
  std::span<const std::uint8_t> ram() const { return {facts_.ram, kSlmAleRamBytes}; }

  /// Everything that later frames depend on; the screen is not in it.
  void save(std::vector<std::uint8_t>& state) const;
  void load(std::span<const std::uint8_t> state);  ///< throws Error(corrupt)

 private:
  struct Close {
    const SlmAle* ale;
    void operator()(SlmAleGame* game) const { ale->close(game); }
  };
  const SlmAle* ale_;
  std::unique_ptr<SlmAleGame, Close> game_;
  SlmAleFacts facts_{};
};

}  // namespace slm
