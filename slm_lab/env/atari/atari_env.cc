#include "slm_lab/env/atari/atari_env.h"

#include <algorithm>
#include <array>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/env/part_spaces.h"

namespace slm {
namespace {

constexpr int kNoop = 0, kFire = 1;  // ALE's actions

std::vector<int> actions_of(const AtariKwargs& kwargs) {
  std::vector<int> actions;
  for (int action = 0; action < kSlmAleActions; ++action)
    if (kwargs.full_action_space || (kwargs.game->actions >> action & 1u) != 0) actions.push_back(action);
  return actions;
}

}  // namespace

Space AtariEnv::obs_space(const Kwargs& kwargs) { return atari_spaces(kwargs).obs; }
Space AtariEnv::action_space(const Kwargs& kwargs) { return atari_spaces(kwargs).action; }

std::shared_ptr<const AtariCartridge> AtariEnv::make_model(const Kwargs& kwargs) {
  ensure(kwargs.game != nullptr, "the options of an Atari environment name its game");
  return std::make_shared<const AtariCartridge>(*kwargs.game);
}

AtariEnv::AtariEnv(const Kwargs& kwargs, const std::shared_ptr<const Model>& model)
    : kwargs_(kwargs),
      actions_(actions_of(kwargs)),
      emulator_(*model, kwargs),
      sticky_(kwargs.repeat_action_probability),
      screen_(emulator_.facts().screen_height, std::span(emulator_.facts().gray)),
      stack_(static_cast<std::size_t>(kwargs.stack_num) * AtariScreen::kPixels) {}

void AtariEnv::start_game() {
  emulator_.reset();
  sticky_.start_episode();
}

/// A frame before the player's first; a game that ends in it begins anew.
void AtariEnv::act_alone(int action) {
  act(action);
  if (emulator_.is_over() || emulator_.is_truncated()) start_game();
}

void AtariEnv::reset(Rng& rng) {
  if (!started_)
    sticky_.seed(kwargs_.sticky_seed ? *kwargs_.sticky_seed : static_cast<std::uint32_t>(rng.integers(0, 1LL << 32)));
  started_ = true;
  start_game();
  std::int64_t num_alone = kwargs_.noop_max > 0 ? rng.integers(1, kwargs_.noop_max + 1) : 0;
  if (kwargs_.use_fire_reset && std::ranges::binary_search(actions_, kFire)) {
    act_alone(kFire);
    --num_alone;
  }
  for (; num_alone > 0; --num_alone) act_alone(kNoop);

  lives_ = emulator_.lives();
  screen_.show(emulator_.screen());
  for (int i = 0; i < kwargs_.stack_num; ++i) push_screen();
}

EnvStep AtariEnv::step(int action, Rng& rng) {
  const FrameSkip skip = kwargs_.frameskip;
  const int num_frames = skip.is_random() ? static_cast<int>(rng.integers(skip.low, skip.high)) : skip.low;
  EnvStep step{.reward = 0, .terminated = false};
  // The screen one frame before the last, on the stack: of many games in turn each would find its own out of the cache.
  std::array<std::uint8_t, Emulator::kMostPixels> room;
  const std::span<std::uint8_t> before_last = std::span(room).first(emulator_.screen().size());
  for (int left = num_frames; left-- > 0;) {
    step.reward += act(actions_[static_cast<std::size_t>(action)]);
    step.terminated = emulator_.is_over();
    step.truncated = emulator_.is_truncated();
    const bool lost_life = emulator_.lives() < lives_;
    if (kwargs_.episodic_life && lost_life) step.terminated = true;
    if (step.terminated || step.truncated) {
      // As in Gymnasium the last frame of a game is not looked at; the one before is, where it would have been pooled.
      if (left == 0 && num_frames > 1 && kwargs_.maxpool) screen_.add_brighter(before_last);
      break;
    }
    if (left == 1 && kwargs_.maxpool)
      std::ranges::copy(emulator_.screen(), before_last.begin());
    else if (left == 0 && num_frames > 1 && kwargs_.maxpool)
      screen_.show_brighter(before_last, emulator_.screen());
    else if (left == 0)
      screen_.show(emulator_.screen());
  }
  const int lives = emulator_.lives();
  // Some games show no life for a few frames and go on.
  step.life_lost = kwargs_.life_loss_info && lives < lives_ && lives > 0 && !step.terminated && !step.truncated;
  lives_ = lives;
  push_screen();
  return step;
}

void AtariEnv::push_screen() {
  std::ranges::copy(screen_.shrunk(), stack_.begin() + static_cast<std::ptrdiff_t>(oldest_) * AtariScreen::kPixels);
  oldest_ = (oldest_ + 1) % kwargs_.stack_num;
}

void AtariEnv::observe(std::uint8_t* obs) const {
  const auto oldest = stack_.begin() + static_cast<std::ptrdiff_t>(oldest_) * AtariScreen::kPixels;
  std::copy(stack_.begin(), oldest, std::copy(oldest, stack_.end(), obs));
}

void AtariEnv::serialize(Archive& archive) {
  archive("started", started_);
  archive("sticky", sticky_);
  archive("lives", lives_);
  archive("oldest", oldest_);
  archive("stack", std::span(stack_));
  std::vector<std::uint8_t> state, gray(screen_.gray().begin(), screen_.gray().end());
  archive("gray", std::span(gray));
  if (!archive.loading()) emulator_.save(state);
  archive("emulator", state);
  if (!archive.loading()) return;
  if (oldest_ < 0 || oldest_ >= kwargs_.stack_num) throw Error(ExitCode::corrupt, "the screens of a game");
  screen_.set_gray(gray);
  if (started_) emulator_.load(state);
}

Scene AtariEnv::scene() const {
  const SlmAleFacts& facts = emulator_.facts();
  Scene scene{facts.screen_width, facts.screen_height, 60.0 / kwargs_.frameskip.low};
  scene.screen.reserve(3 * emulator_.screen().size());
  for (const std::uint8_t pixel : emulator_.screen())
    for (int channel = 0; channel < 3; ++channel) scene.screen.push_back(facts.rgb[3 * (pixel / 2) + channel]);
  return scene;
}

}  // namespace slm
