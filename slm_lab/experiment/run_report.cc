#include "slm_lab/experiment/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/experiment/reference_lines.h"
#include "slm_lab/experiment/run_overview.h"
#include "slm_lab/experiment/video_file.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/experiment_files.h"
#include "slm_lab/report/metric_files.h"
#include "slm_lab/report/number_text.h"
#include "slm_lab/search/search_point.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"
#include "slm_lab/store/search_journal.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

constexpr std::size_t kMaxTrials = 1000;  // in the table
constexpr std::size_t kHashDigits = 16;
constexpr std::uint64_t kMaxFilmBytes = 64 << 20;  // so that the page can still be mailed

std::string interval_text(const Interval& interval) {
  if (std::isnan(interval.low)) return "";
  return fmt::format(" [{}, {}]", return_text(interval.low), return_text(interval.high));
}

void add_scores(const DataFolder& folder, ReportPage& page) {
  const auto file = folder.trial_metrics_scalar(0);
  if (!file_exists(file)) return;
  const TrialMetrics metrics = parse_trial_metrics_scalar(read_file(file), file.string());
  const auto add = [&](const char* name, double value, const Interval& interval) {
    page.facts.emplace_back(name, return_text(value) + interval_text(interval));
  };
  add("total_reward_ma, 95 % interval", metrics.scalar.total_reward_ma, metrics.total_reward_ma_ci95);
  add("MA-100, 95 % interval", metrics.episode_return_ma100, metrics.episode_return_ma100_ci95);
  add("D-100, 95 % interval", metrics.eval_return_d100, metrics.eval_return_d100_ci95);
}

void add_origin(const DataFolder& folder, ReportPage& page) {
  const Manifest manifest = read_manifest(folder);
  const RunStart& start = manifest.starts.back();
  page.facts.emplace_back("program", fmt::format("slm-lab {} ({:.12}{})", start.version, start.revision,
                                                 start.revision.ends_with("(changed)") ? ", of a changed tree" : ""));
  page.facts.emplace_back("processor", fmt::format("{}, {} cores, kernel {}", start.cpu, start.cores, start.kernel));
  page.facts.emplace_back("starts of the program", std::to_string(manifest.starts.size()));
}

/// Of the sessions that have come so far, and of those that are done what came out.
void add_sessions(const DataFolder& folder, const RunOverview& run, bool with_curves, ReportPage& page) {
  ReportTable table{.title = "Sessions",
                    .header = {"session", "state", "frames", "frames/s", "total_reward_ma", "best", "MA-100", "D-100",
                               "optimiser steps", "SHA-256 of the weights"},
                    .rows = {}};
  for (int session = 0; session < run.sessions; ++session) {
    const auto file = folder.session_csv(0, session, "train");
    const std::optional<SessionRow> last = file_exists(file) ? read_last_csv_row(file) : std::nullopt;
    const std::string name = fmt::format("s{}", session);
    if (const auto result = read_session_result(folder, 0, session))
      table.rows.push_back({name, "done", fmt::format("{}", result->frame), count_text(result->fps()),
                            return_text(result->total_reward_ma), return_text(result->best_total_reward_ma),
                            return_text(result->ma100),
                            fmt::format("{} ± {}", return_text(result->d100.mean), return_text(result->d100.std)),
                            fmt::format("{}", result->opt_step), result->weights_sha256.substr(0, kHashDigits)});
    else if (!last)
      table.rows.push_back({name, "nothing yet", "", "", "", "", "", "", "", ""});
    else
      table.rows.push_back({name, run.state, fmt::format("{}", static_cast<std::int64_t>(last->frame)),
                            count_text(last->fps), return_text(last->total_reward_ma), "", "", "",
                            fmt::format("{}", static_cast<std::int64_t>(last->opt_step)), ""});
    if (with_curves) page.charts.back().sessions.push_back({name, last ? read_csv(file) : std::vector<SessionRow>()});
  }
  page.tables.push_back(std::move(table));
}

/// The best trial first.
void add_trials(std::span<const SearchDimension> space, const std::vector<JournalTrial>& trials, ReportPage& page) {
  std::vector<std::size_t> order(trials.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return (std::isnan(trials[a].value) ? -INFINITY : trials[a].value) >
           (std::isnan(trials[b].value) ? -INFINITY : trials[b].value);
  });
  std::vector<std::string> names;
  for (const SearchDimension& dimension : space) names.push_back(dimension.path);
  ReportTable table{.title = "Trials, the best first", .header = {"trial", "state", "total_reward_ma"}, .rows = {}};
  for (const std::string& name : short_names(names)) table.header.push_back(name);
  table.header.insert(table.header.end(), {"frames", "why"});
  for (const std::size_t i : std::span(order).first(std::min(order.size(), kMaxTrials))) {
    const JournalTrial& trial = trials[i];
    std::vector<std::string> row = {fmt::format("t{}", i), to_string(trial.state), return_text(trial.value)};
    for (std::size_t j = 0; j < space.size(); ++j) {
      const JsonNode value = value_of(space[j], trial.parameters.at(j));
      row.push_back(value.is(JsonNode::Kind::number) && !value.is_integer ? fmt::format("{:.4g}", value.number)
                    : value.is(JsonNode::Kind::string)                    ? value.text
                                                                          : to_json_line(value));
    }
    row.push_back(fmt::format("{}", trial.frame));
    row.push_back(trial.reason);
    table.rows.push_back(std::move(row));
  }
  if (trials.size() > kMaxTrials) table.title += fmt::format(" ({} of {})", kMaxTrials, trials.size());
  page.tables.push_back(std::move(table));
}

/// Where trials were stopped, and how many went on: the rungs of ASHA, or where the median rule struck.
void add_stops(const std::vector<JournalTrial>& trials, ReportPage& page) {
  std::map<std::int64_t, int> stopped;
  for (const JournalTrial& trial : trials)
    if (trial.state == JournalTrial::State::stopped) ++stopped[trial.frame];
  if (stopped.empty()) return;
  ReportTable table{.title = "Stopped early", .header = {"frame", "stopped", "went on"}, .rows = {}};
  for (const auto& at : stopped) {
    const auto beyond =
        std::ranges::count_if(trials, [&](const JournalTrial& trial) { return trial.frame > at.first; });
    table.rows.push_back({std::to_string(at.first), std::to_string(at.second), std::to_string(beyond)});
  }
  page.tables.push_back(std::move(table));
}

void add_search(const DataFolder& folder, ReportPage& page) {
  const LoadedSpec spec = load_search_spec(folder);
  SpecReport report(spec.file);
  std::vector<SearchDimension> space = read_lab_spec(spec, report).search;
  std::erase_if(space, [](const SearchDimension& dimension) { return dimension.inert; });
  const std::vector<JournalTrial> trials = SearchJournal::read(folder, space);
  add_trials(space, trials, page);
  add_stops(trials, page);
  // The search draws them as it goes; these are the ones that one looks at first.
  for (const auto& [of, title] :
       {std::pair{"parallel_coordinates", "Parallel coordinates"},
        std::pair{"importance", "Importance of the parameters"},
        std::pair{"learning_curves", "Learning curves of all trials"}, std::pair{"", "Return by parameter"}}) {
    const auto file = folder.experiment_graph(of);
    if (file_exists(file)) page.pictures.push_back({title, read_file(file)});
  }
}

/// Those that somebody put beside the run, as `enjoy --video` does where it is told to.
void add_films(const DataFolder& folder, ReportPage& page) {
  for (const std::string& name : names_in(std::filesystem::canonical(folder.root()))) {
    const auto file = folder.root() / name;
    const std::string type = film_type(file);
    if (type.empty() || !std::filesystem::is_regular_file(std::filesystem::symlink_status(file))) continue;
    if (const auto bytes = std::filesystem::file_size(file); bytes > kMaxFilmBytes)
      page.facts.emplace_back("film", fmt::format("{}: too large for this page ({} MiB)", name, bytes >> 20));
    else
      page.films.push_back({name, type, read_file(file)});
  }
}

}  // namespace

ReportPage run_report(const DataFolder& folder, bool with_curves) {
  const RunOverview run = run_overview(folder);
  if (!run.problem.empty()) throw Error(ExitCode::corrupt, run.problem);
  ReportPage page{.title = run.name,
                  .subtitle = fmt::format("{} on {}  ·  {} {}", run.algorithm, run.env,
                                          run.kind == "search" ? "search of" : "spec", run.spec_name),
                  .state = run.state};
  if (run.kind == "search")
    page.facts = {{"trials", fmt::format("{} of {}", run.trials, run.max_trial)},
                  {"best total_reward_ma", return_text(run.total_reward_ma)}};
  else
    page.facts = {{"frames of each session", fmt::format("{} of {}", run.frame, run.max_frame)}};
  if (run.kind == "run") add_scores(folder, page);
  page.facts.insert(
      page.facts.end(),
      {{"seed", std::to_string(run.seed)}, {"started", run.started}, {"wall-clock", duration_text(run.wall_seconds)}});
  add_origin(folder, page);
  if (run.kind == "search") {
    add_search(folder, page);
  } else {
    page.charts.push_back({.title = run.env, .lines = reference_lines(run.env)});
    add_sessions(folder, run, with_curves, page);
  }
  if (with_curves) add_films(folder, page);
  page.texts = {{"Spec", read_file(folder.spec_file())}, {"Manifest", read_file(folder.manifest_file())}};
  return page;
}

}  // namespace slm
