#include "slm_lab/experiment/evaluation.h"

#include <cmath>
#include <numeric>

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

Evaluation evaluate(Algorithm& algorithm, const EnvConfig& config, double gamma, EnvStatistics& statistics,
                    const Streams& streams, int num_episodes, ActMode mode) {
  const auto env = make_env(config, num_episodes, gamma, streams, statistics, EnvUse::evaluate);
  Rng action_rng = streams.stream("eval_action");
  Evaluation result{std::vector<double>(num_episodes)};
  std::vector<bool> done(num_episodes, false);  // one episode per row, so that short ones are not preferred
  Matrix obs, actions(num_episodes, env->info().action_space.size());
  ActionScale scale(algorithm.action_range(), env->info().action_space);
  StepResult step;
  env->reset(obs);
  for (int left = num_episodes; left > 0;) {
    algorithm.act(obs, mode, action_rng, actions);
    env->step(scale.to_env(actions), step);
    for (int row = 0; row < num_episodes; ++row) {
      if (done[row] || !step.episode_over[row]) continue;
      result.returns[row] = step.episode_return[row];
      done[row] = true;
      --left;
    }
    obs = step.obs;
  }
  return result;
}

}  // namespace slm
