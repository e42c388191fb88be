#include "slm_lab/experiment/enjoy.h"

#include <fmt/format.h>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/experiment/evaluation.h"
#include "slm_lab/experiment/played_run.h"
#include "slm_lab/experiment/session_files.h"

namespace slm {

int enjoy(const std::string& where, const EnjoyOptions& options) {
  const PlayedRun run = find_played_run(where, options);
  const LabSpec& spec = run.spec;
  const std::uint64_t seed = options.seed.value_or(spec.meta.seed);
  const Streams streams = Streams(seed, run.trial, static_cast<std::uint64_t>(run.session)).at(1);  // not of D-100
  EnvStatistics statistics;
  const auto env = make_env(spec.env, 1, spec.agent.plan->gamma(), streams, statistics, EnvUse::evaluate);
  const auto algorithm = make_algorithm(spec.agent, env->info(), streams);
  SessionFiles(run.folder, run.trial, run.session).load_weights(spec, /*best=*/!run.last, *algorithm, statistics);

  const Evaluation evaluation = evaluate(*algorithm, spec.env, spec.agent.plan->gamma(), statistics, streams,
                                         options.episodes, options.sample ? ActMode::evaluate : ActMode::greedy);
  fmt::print("{}, {} weights of session {} (total_reward_ma {:.2f}), {} actions\n", spec.env.name,
             run.last ? "last" : "best", run.session, run.score, options.sample ? "sampled" : "greedy");
  for (std::size_t i = 0; i < evaluation.returns.size(); ++i)
    fmt::print("episode {:3}  return {:10.2f}\n", i + 1, evaluation.returns[i]);
  fmt::print("mean {:.2f}  std {:.2f}  over {} episodes\n", evaluation.mean(), evaluation.std(), options.episodes);
  return 0;
}

}  // namespace slm
