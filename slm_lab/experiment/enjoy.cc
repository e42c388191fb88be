#include "slm_lab/experiment/enjoy.h"

#include <fmt/format.h>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/experiment/evaluation.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

constexpr int kTrial = 0;

/// The session that did best: the one to show.
int best_session(const DataFolder& folder, const LabSpec& spec) {
  int best = -1;
  double best_score = 0;
  for (int session = 0; session < spec.meta.max_session; ++session) {
    const auto result = read_session_result(folder, kTrial, session);
    if (!result || (best >= 0 && !(result->total_reward_ma > best_score))) continue;
    best = session;
    best_score = result->total_reward_ma;
  }
  return best >= 0 ? best : 0;  // none is done: what the first one has so far
}

void load_weights(const DataFolder& folder, int session, Algorithm& algorithm) {
  for (const NamedNet& named : algorithm.nets()) {
    const auto file = folder.weights(kTrial, session, /*best=*/true, named.name);
    if (!std::filesystem::exists(file)) throw SpecError(fmt::format("{}: no weights yet; train first", file.string()));
    Archive archive = Archive::read(file);
    named.net->parameters().serialize(archive);
    named.net->parameters_changed();
  }
}

}  // namespace

int enjoy(const std::string& where, const EnjoyOptions& options) {
  const DataFolder folder = DataFolder::open(where);
  const LabSpec spec = read_saved_spec(folder, kTrial);
  const int session = best_session(folder, spec);

  const std::uint64_t seed = options.seed.value_or(spec.meta.seed);
  const Streams streams = Streams(seed, kTrial, static_cast<std::uint64_t>(session)).at(1);  // not those of D-100
  EnvStatistics statistics;
  const auto env = make_env(spec.env, 1, spec.agent.plan->gamma(), streams, statistics, EnvUse::evaluate);
  const auto algorithm = make_algorithm(spec.agent, env->info(), streams);
  load_weights(folder, session, *algorithm);
  if (const auto file = folder.statistics(kTrial, session); std::filesystem::exists(file)) {
    Archive archive = Archive::read(file);
    statistics.serialize(archive);
  }

  const Evaluation evaluation = evaluate(*algorithm, spec.env, spec.agent.plan->gamma(), statistics, streams,
                                         options.episodes, options.sample ? ActMode::evaluate : ActMode::greedy);
  fmt::print("{}, best weights of session {}, {} actions\n", spec.env.name, session,
             options.sample ? "sampled" : "greedy");
  for (std::size_t i = 0; i < evaluation.returns.size(); ++i)
    fmt::print("episode {:3}  return {:10.2f}\n", i + 1, evaluation.returns[i]);
  fmt::print("mean {:.2f}  std {:.2f}  over {} episodes\n", evaluation.mean(), evaluation.std(), options.episodes);
  return 0;
}

}  // namespace slm
