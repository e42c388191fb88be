#include "slm_lab/experiment/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <variant>

namespace slm {

double Evaluation::mean() const {
  return std::accumulate(returns.begin(), returns.end(), 0.0) / static_cast<double>(returns.size());
}

double Evaluation::std() const {
  const double centre = mean();
  double squares = 0;
  for (const double value : returns) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(returns.size()));
}

namespace {

/// Environments side by side: enough to share a net's call and a few threads, and few enough to hold in memory where
/// one is large. It does not depend on the machine: neither do sampled actions.
constexpr int kMostCopies = 32;

/// In steps, where nothing in the environment ends it for certain.
int longest_episode(const EnvConfig& config, const EnvInfo& info) {
  const bool is_python = std::holds_alternative<GymnasiumKwargs>(config.kwargs);
  return is_python && info.max_episode_steps == 0 ? kLongestUnlimitedEpisode : std::numeric_limits<int>::max();
}

}  // namespace

Evaluation evaluate(Algorithm& algorithm, const EnvConfig& config, double gamma, EnvStatistics& statistics,
                    const Streams& streams, int num_episodes, ActMode mode, ThreadPool* threads) {
  return *evaluate_unless([] { return false; }, algorithm, config, gamma, statistics, streams, num_episodes, mode,
                          threads);
}

std::optional<Evaluation> evaluate_unless(const Stopped& stopped, Algorithm& algorithm, const EnvConfig& config,
                                          double gamma, EnvStatistics& statistics, const Streams& streams,
                                          int num_episodes, ActMode mode, ThreadPool* threads) {
  Rng action_rng = streams.stream("eval_action");
  Evaluation result{std::vector<double>(static_cast<std::size_t>(num_episodes))};
  Observations obs;
  Matrix actions;
  StepResult step;
  for (int first = 0; first < num_episodes; first += kMostCopies) {
    const int copies = std::min(kMostCopies, num_episodes - first);
    const auto env = make_env(config, copies, gamma, streams, statistics, EnvUse::evaluate, threads, first);
    ActionScale scale(algorithm.action_range(), env->info().action_space);
    actions.resize(copies, env->info().action_space.size());
    std::vector<bool> done(static_cast<std::size_t>(copies),
                           false);  // one episode per row: short ones don't count more
    env->reset(obs);
    const int most_steps = longest_episode(config, env->info());
    for (int steps = 1, left = copies; left > 0; ++steps) {
      if (stopped()) return std::nullopt;
      algorithm.act(obs, mode, action_rng, actions);
      env->step(scale.to_env(actions), step);
      for (int row = 0; row < copies; ++row) {
        if (done[row] || (!step.episode_over[row] && steps < most_steps)) continue;
        result.returns[first + row] = step.episode_return[row];
        done[row] = true;
        --left;
      }
      obs = step.obs;
    }
  }
  return result;
}

}  // namespace slm
