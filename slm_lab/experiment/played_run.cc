#include "slm_lab/experiment/played_run.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <regex>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/store/search_journal.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

/// What the user named.
struct Found {
  DataFolder folder;
  int trial = 0;
  std::optional<int> session;
};

/// Of a search the best trial that still has its weights; of a run its only one.
int played_trial(const DataFolder& folder) {
  if (!folder.is_search()) return 0;
  const auto best = best_trial(SearchJournal::read(folder), [&](int trial) {
    return file_exists(folder.weights(trial, /*session=*/0, /*best=*/true));
  });
  if (!best) throw SpecError(fmt::format("{}: a search without weights to play yet", folder.root().string()));
  return *best;
}

Found find_played(const std::string& where, const EnjoyOptions& options) {
  const auto play = [&](const DataFolder& folder) { return Found{folder, played_trial(folder), options.session}; };
  if (where == "latest")
    return play(options.spec_name.empty() ? DataFolder::latest(options.data)
                                          : DataFolder::latest(options.data, options.spec_name));
  static const std::regex kSpecFile(R"(.+?_t(\d{1,6})(?:_s(\d{1,6}))?_spec\.json)");
  const fs::path path = where;
  const std::string name = path.filename().string();
  std::smatch match;
  if (!std::regex_match(name, match, kSpecFile)) return play(open_run(path, options.data));
  // SLM-Lab writes a spec file per session; here the name alone says which.
  Found played{DataFolder::open(path.has_parent_path() ? path.parent_path() : "."), std::stoi(match[1]),
               options.session};
  if (match[2].matched && !played.session) played.session = std::stoi(match[2]);
  return played;
}

/// The score of the weights on the disk: the table and they are written together. NaN when there are none.
double score(const Found& run, int session, bool last) {
  const fs::path table = run.folder.session_csv(run.trial, session, "train");
  double score = std::numeric_limits<double>::quiet_NaN();
  if (!fs::exists(table)) return score;
  for (const SessionRow& row : read_csv(table))
    if (last || !(row.total_reward_ma < score)) score = row.total_reward_ma;
  return score;
}

int choose_session(const Found& run, const LabSpec& spec, bool last) {
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

PlayedRun find_played_run(const std::string& where, const EnjoyOptions& options) {
  const Found run = find_played(where, options);
  LabSpec spec = read_saved_spec(run.folder, run.trial);
  const int session = run.session ? *run.session : choose_session(run, spec, options.last_weights);
  if (session < 0 || session >= spec.meta.max_session)
    throw SpecError(fmt::format("session {}: {} has the sessions 0 to {}", session, run.folder.root().string(),
                                spec.meta.max_session - 1));
  const double weights_score = score(run, session, options.last_weights);
  return {run.folder, run.trial, session, options.last_weights, std::move(spec), weights_score};
}

}  // namespace slm
