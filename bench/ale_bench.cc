// Atari beside the bare emulator: a loop of ALE's act() with the same actions and resets, in one run.
//   ale_bench [SECONDS [GAME...]]: a line for each game, steps (of four frames) of 16 games on one thread and on two
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "bench/timing.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/env/atari/atari_env.h"
#include "slm_lab/env/sync_vec_env.h"

namespace slm {
namespace {

constexpr int kGames = 16, kSteps = 60, kFrames = 4;

class Beside {
 public:
  explicit Beside(const AtariGame& game)
      : kwargs_{.game = &game, .repeat_action_probability = 0, .noop_max = 0, .use_fire_reset = false},
        model_(AtariEnv::make_model(kwargs_)),
        env_({"", AtariEnv::obs_space(kwargs_), AtariEnv::action_space(kwargs_), kGames, 0}, kwargs_, rngs(), nullptr),
        threaded_({"", AtariEnv::obs_space(kwargs_), AtariEnv::action_space(kwargs_), kGames, 0}, kwargs_, rngs(),
                  &two_) {
    Rng rng(std::uint64_t{1});
    for (Matrix& batch : actions_) {
      batch.resize(kGames, 1);
      for (float& action : batch.reshaped()) action = static_cast<float>(rng.integers(0, game.num_actions()));
    }
    for (int action = 0; action < kSlmAleActions; ++action)
      if ((game.actions >> action & 1u) != 0) codes_.push_back(action);
    for (int i = 0; i < kGames; ++i) bare_.emplace_back(*model_, kwargs_);
  }

  /// All steps of all games, each from its start.
  template <class Clock>
  double env_seconds(bool on_two, const Clock& clock) {
    SyncVecEnv<AtariEnv>& env = on_two ? threaded_ : env_;
    env.reset(step_.obs);
    const double start = clock();
    for (const Matrix& batch : actions_) env.step(batch, step_);
    return clock() - start;
  }

  template <class Clock>
  double bare_seconds(bool on_two, const Clock& clock) {
    for (Emulator& game : bare_) game.reset();
    const double start = clock();
    for (const Matrix& batch : actions_) {
      const auto step = [&](int i) { act(bare_[static_cast<std::size_t>(i)], batch(i, 0)); };
      if (on_two) {
        two_.run(kGames, step);
      } else {
        for (int i = 0; i < kGames; ++i) step(i);
      }
    }
    return clock() - start;
  }

 private:
  static std::vector<Rng> rngs() {
    std::vector<Rng> out;
    for (int i = 0; i < kGames; ++i) out.emplace_back(static_cast<std::uint64_t>(i));
    return out;
  }
  void act(Emulator& game, float index) const {
    const int action = codes_[static_cast<std::size_t>(index)];
    for (int frame = 0; frame < kFrames && !game.is_over(); ++frame) game.act(action);
    if (game.is_over()) game.reset();
  }

  AtariKwargs kwargs_;
  std::shared_ptr<const AtariCartridge> model_;
  ThreadPool two_{2};
  SyncVecEnv<AtariEnv> env_, threaded_;
  std::vector<Emulator> bare_;
  std::vector<int> codes_;
  std::vector<Matrix> actions_{static_cast<std::size_t>(kSteps)};  // (kGames, 1) each
  StepResult step_;
};

void compare(const AtariGame& game, double seconds) {
  Beside beside(game);
  constexpr double kNever = std::numeric_limits<double>::infinity();
  double bare = kNever, env = kNever, bare_two = kNever, env_two = kNever;
  const double end = wall_seconds() + seconds;
  do {  // in turn, the best of each
    bare = std::min(bare, beside.bare_seconds(false, thread_seconds));
    env = std::min(env, beside.env_seconds(false, thread_seconds));
    bare_two = std::min(bare_two, beside.bare_seconds(true, wall_seconds));
    env_two = std::min(env_two, beside.env_seconds(true, wall_seconds));
  } while (wall_seconds() < end);
  constexpr double kTotal = kGames * kSteps;
  fmt::print("{:16} {:6.0f} steps/s, bare {:6.0f}: {:5.1f} %; on two threads {:6.0f}, bare {:6.0f}: {:5.1f} %\n",
             game.name, kTotal / env, kTotal / bare, 100 * bare / env, kTotal / env_two, kTotal / bare_two,
             100 * bare_two / env_two);
  std::fflush(stdout);
}

}  // namespace
}  // namespace slm

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 10;
  std::vector<std::string> games{"Pong", "Breakout", "Qbert", "Seaquest", "SpaceInvaders", "MsPacman"};
  if (argc > 2) games.assign(argv + 2, argv + argc);
  for (const std::string& game : games) slm::compare(*slm::find_atari_id("ALE/" + game + "-v5").value().game, seconds);
}
