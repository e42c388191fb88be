#include "slm_lab/experiment/enjoy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/evaluation.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/experiment/session_files.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/search_journal.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

/// Weights of a run.
struct Played {
  DataFolder folder;
  int trial = 0;
  std::optional<int> session;
};

/// Of a search the trial with the highest score that still has its weights; of a run its only one.
int best_trial(const DataFolder& folder) {
  if (!folder.is_search()) return 0;
  const std::vector<JournalTrial> trials = SearchJournal::read(folder);
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (trials[i].state == JournalTrial::State::failed || std::isnan(trials[i].value)) continue;
    if (!file_exists(folder.weights(static_cast<int>(i), /*session=*/0, /*best=*/true))) continue;
    if (!best || trials[i].value > trials[*best].value) best = i;
  }
  if (!best) throw SpecError(fmt::format("{}: a search without weights to play yet", folder.root().string()));
  return static_cast<int>(*best);
}

Played find_run(const std::string& where, const EnjoyOptions& options) {
  const auto play = [&](const DataFolder& folder) { return Played{folder, best_trial(folder), options.session}; };
  if (where == "latest")
    return play(options.spec_name.empty() ? DataFolder::latest(options.data)
                                          : DataFolder::latest(options.data, options.spec_name));
  static const std::regex kSpecFile(R"(.+?_t(\d{1,6})(?:_s(\d{1,6}))?_spec\.json)");
  const fs::path path = where;
  const std::string name = path.filename().string();
  std::smatch match;
  if (!std::regex_match(name, match, kSpecFile)) return play(DataFolder::open(path));
  // SLM-Lab writes a spec file per session; here the name alone says which.
  Played played{DataFolder::open(path.has_parent_path() ? path.parent_path() : "."), std::stoi(match[1]),
                options.session};
  if (match[2].matched && !played.session) played.session = std::stoi(match[2]);
  return played;
}

/// The score of the weights on the disk: the table and they are written together. NaN when there are none.
double score(const Played& run, int session, bool last) {
  const fs::path table = run.folder.session_csv(run.trial, session, "train");
  double score = std::numeric_limits<double>::quiet_NaN();
  if (!fs::exists(table)) return score;
  for (const SessionRow& row : read_csv(table))
    if (last || !(row.total_reward_ma < score)) score = row.total_reward_ma;
  return score;
}

int choose_session(const Played& run, const LabSpec& spec, bool last) {
  int best = 0;
  double best_score = std::numeric_limits<double>::quiet_NaN();
  for (int session = 0; session < spec.meta.max_session; ++session) {
    const double here = score(run, session, last);
    if (std::isnan(here) || here <= best_score) continue;
    best = session;
    best_score = here;
  }
  return best;
}

}  // namespace

int enjoy(const std::string& where, const EnjoyOptions& options) {
  Played run = find_run(where, options);
  const LabSpec spec = read_saved_spec(run.folder, run.trial);
  if (!run.session) run.session = choose_session(run, spec, options.last_weights);
  if (*run.session < 0 || *run.session >= spec.meta.max_session)
    throw SpecError(fmt::format("session {}: {} has the sessions 0 to {}", *run.session, run.folder.root().string(),
                                spec.meta.max_session - 1));

  const std::uint64_t seed = options.seed.value_or(spec.meta.seed);
  const Streams streams = Streams(seed, run.trial, static_cast<std::uint64_t>(*run.session)).at(1);  // not of D-100
  EnvStatistics statistics;
  const auto env = make_env(spec.env, 1, spec.agent.plan->gamma(), streams, statistics, EnvUse::evaluate);
  const auto algorithm = make_algorithm(spec.agent, env->info(), streams);
  SessionFiles(run.folder, run.trial, *run.session)
      .load_weights(spec, /*best=*/!options.last_weights, *algorithm, statistics);

  const Evaluation evaluation = evaluate(*algorithm, spec.env, spec.agent.plan->gamma(), statistics, streams,
                                         options.episodes, options.sample ? ActMode::evaluate : ActMode::greedy);
  fmt::print("{}, {} weights of session {} (total_reward_ma {:.2f}), {} actions\n", spec.env.name,
             options.last_weights ? "last" : "best", *run.session, score(run, *run.session, options.last_weights),
             options.sample ? "sampled" : "greedy");
  for (std::size_t i = 0; i < evaluation.returns.size(); ++i)
    fmt::print("episode {:3}  return {:10.2f}\n", i + 1, evaluation.returns[i]);
  fmt::print("mean {:.2f}  std {:.2f}  over {} episodes\n", evaluation.mean(), evaluation.std(), options.episodes);
  return 0;
}

}  // namespace slm
