#include "slm_lab/experiment/enjoy.h"

#include <fmt/format.h>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/experiment/evaluation.h"
#include "slm_lab/experiment/filmed_episodes.h"
#include "slm_lab/experiment/played_run.h"
#include "slm_lab/experiment/session_files.h"

namespace slm {
namespace {

constexpr int kEpisodes = 10, kFilmedEpisodes = 1;

/// Several episodes at a time.
Evaluation play(const PlayedRun& run, std::uint64_t seed, ActMode mode, int episodes) {
  const LabSpec& spec = run.spec;
  const double gamma = spec.agent.plan->gamma();
  const Streams streams = Streams(seed, run.trial, static_cast<std::uint64_t>(run.session)).at(1);  // not of D-100
  EnvStatistics statistics;
  const auto env = make_env(spec.env, 1, gamma, streams, statistics, EnvUse::evaluate);
  const auto algorithm = make_algorithm(spec.agent, env->info(), streams);
  SessionFiles(run.folder, run.trial, run.session).load_weights(spec, /*best=*/!run.last, *algorithm, statistics);
  return evaluate(*algorithm, spec.env, gamma, statistics, streams, episodes, mode);
}

}  // namespace

int enjoy(const std::string& where, const EnjoyOptions& options) {
  const PlayedRun run = find_played_run(where, options);
  const std::uint64_t seed = options.seed.value_or(run.spec.meta.seed);
  const bool filmed = !options.video.empty();
  const int episodes = options.episodes.value_or(filmed ? kFilmedEpisodes : kEpisodes);
  const ActMode mode = options.sample ? ActMode::evaluate : ActMode::greedy;
  Evaluation evaluation;
  if (filmed)
    evaluation.returns = film_episodes(run, seed, mode, episodes, options.video);
  else
    evaluation = play(run, seed, mode, episodes);

  fmt::print("{}, {} weights of session {} (total_reward_ma {:.2f}), {} actions\n", run.spec.env.name,
             run.last ? "last" : "best", run.session, run.score, options.sample ? "sampled" : "greedy");
  for (std::size_t i = 0; i < evaluation.returns.size(); ++i)
    fmt::print("episode {:3}  return {:10.2f}\n", i + 1, evaluation.returns[i]);
  fmt::print("mean {:.2f}  std {:.2f}  over {} episodes\n", evaluation.mean(), evaluation.std(), episodes);
  if (filmed) fmt::print("video in {}\n", options.video.string());
  return 0;
}

}  // namespace slm
