#include "slm_lab/report/benchmark_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "slm_lab/base/quantile.h"
#include "slm_lab/report/number_text.h"
#include "slm_lab/report/table.h"

namespace slm {
namespace {

constexpr std::size_t kFewestForIqm = 4;  // a quarter is dropped at each end

std::vector<double> scores(const BenchmarkPageEnv& env, const BenchmarkResult& result) {
  return env.by_d100 ? result.d100() : result.values(&BenchmarkSession::total_reward_ma);
}

std::string with_interval(std::span<const double> values) {
  const Interval interval = bootstrap_ci95(values);
  if (std::isnan(interval.low)) return return_text(mean(values));
  return fmt::format("{} ({} .. {})", return_text(mean(values)), return_text(interval.low), return_text(interval.high));
}

std::string iqm_text(std::span<const double> values) {
  return values.size() < kFewestForIqm ? "-" : return_text(interquartile_mean(values));
}

/// How many seeds are above the target, of all that were asked for: a crash is not above it.
std::string seeds_text(const BenchmarkPageEnv& env, const BenchmarkResult& result) {
  const std::vector<double> values = scores(env, result);
  const auto above = std::count_if(values.begin(), values.end(), [&](double value) { return value > env.target; });
  return fmt::format("{}/{}", above, result.num_sessions);
}

/// Of one session: the budget of the spec, or where those that are under way are on average.
std::string frames_text(const BenchmarkResult& result) {
  if (result.sessions.empty()) return "-";
  const std::string frames =
      count_text(static_cast<double>(result.frames()) / static_cast<double>(result.sessions.size()));
  return result.under_way() ? fmt::format("{} of {}", frames, count_text(static_cast<double>(result.max_frame)))
                            : frames;
}

std::string fps_text(const BenchmarkResult& result) {
  std::vector<double> rates;
  for (const BenchmarkSession& session : result.sessions) rates.push_back(session.fps());
  return count_text(median(rates));
}

std::string wall_text(const BenchmarkResult& result) {
  const double seconds = median(result.values(&BenchmarkSession::seconds));
  return seconds < 60 ? fmt::format("{:.1f} s", seconds) : duration_text(seconds);
}

std::string markdown_row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string spec_name_text(const BenchmarkPageRow& row) {
  return fmt::format("`{}`{}", row.spec_name, row.set.empty() ? "" : fmt::format(" `-s {}`", row.set));
}

std::string env_table(const BenchmarkPageEnv& env) {
  const std::vector<std::string> header = {"Status",    "Algorithm",  "MA",        "MA-100",    "D-100",
                                           "IQM of MA", "Target",     "SLM-Lab",   "Seeds",     "Frames",
                                           "Frames/s",  "Wall-clock", "Spec file", "Spec name", "Row"};
  std::string text = markdown_row(header) + markdown_row(std::vector<std::string>(header.size(), "---"));
  for (const BenchmarkPageRow& row : env.rows) {
    std::vector<std::string> cells = {status_text(env, row), row.algorithm};
    if (row.result) {
      const std::vector<double> ma = row.result->values(&BenchmarkSession::total_reward_ma);
      cells.insert(cells.end(), {with_interval(ma), with_interval(row.result->values(&BenchmarkSession::ma100)),
                                 with_interval(row.result->d100()), iqm_text(ma)});
    } else {
      cells.insert(cells.end(), 4, "-");
    }
    cells.push_back(fmt::format("{}{}", env.by_d100 ? "D-100 > " : "> ", env.target));
    cells.push_back(std::isnan(row.published) ? "-" : fmt::format("{}", row.published));
    if (row.result)
      cells.insert(cells.end(), {seeds_text(env, *row.result), frames_text(*row.result), fps_text(*row.result),
                                 wall_text(*row.result)});
    else
      cells.insert(cells.end(), 4, "-");
    cells.insert(cells.end(), {fmt::format("`{}`", row.spec_file), spec_name_text(row), fmt::format("`{}`", row.id)});
    text += markdown_row(cells);
  }
  return text;
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// Where each session of a row is.
std::string progress_text(const BenchmarkResult& result) {
  std::vector<std::string> sessions;
  for (const BenchmarkSession& session : result.sessions)
    sessions.push_back(
        fmt::format("session {} {}", session.session,
                    session.done() ? "done" : "at " + count_text(static_cast<double>(session.frames)) + " frames"));
  if (std::ssize(result.sessions) < result.num_sessions) sessions.emplace_back("no log point of another");
  return fmt::format("{}", fmt::join(sessions, ", "));
}

/// What a reader must know about single rows.
std::string remarks(const BenchmarkPageEnv& env) {
  std::string text;
  for (const BenchmarkPageRow& row : env.rows) {
    if (!row.result) continue;
    for (const BenchmarkFailure& failure : row.result->failures)
      text += fmt::format("- {}: session {} failed: {}\n", row.algorithm, failure.session, one_line(failure.reason));
    if (benchmark_status(env, row) == BenchmarkStatus::under_way)
      text += fmt::format("- {}: under way: {}\n", row.algorithm, progress_text(*row.result));
    if (!row.result->overrides.empty())
      text += fmt::format("- {}: ran with {}; it does not compare\n", row.algorithm,
                          fmt::join(row.result->overrides, ", "));
    else if (row.spec_changed)
      text += fmt::format("- {}: the spec file has changed since this result; run the row again\n", row.algorithm);
  }
  return text.empty() ? text : "\n" + text;
}

/// One line per machine and program.
std::string origins(std::span<const BenchmarkPageEnv> envs) {
  const auto rows_of = benchmark_origins(envs);
  std::string text;
  for (const auto& [origin, rows] : rows_of)
    text +=
        fmt::format("- {}: {}\n", origin, rows_of.size() == 1 ? "all rows" : fmt::format("{}", fmt::join(rows, ", ")));
  return text.empty() ? "Nothing has run yet.\n" : text;
}

constexpr std::string_view kIntroduction = R"(# Benchmarks

This page is written by `slm-lab benchmark` from the files in [{0}]({0}); do not edit it. [benchmark.md](benchmark.md) says
how the command works.

)";

constexpr std::string_view kHowToRead = R"(
## How to read it

Returns are raw, every seed counts, and the seeds are not those that settings were chosen with. [metrics.md](metrics.md) has the formulas.

| column | meaning |
|---|---|
| Status | `pass`: the mean is above the target; `pass, robust`: so is the lower end of its interval, of five seeds at least; `below`: it is not; `failed`: a session failed, whatever the others reached; `under way`: its sessions are not done, and the row shows how far they are |
| MA | `total_reward_ma` at the end, or of a row under way so far: mean return over the last 100 log points (SLM-Lab's score). With a log point every 500 frames that is the last 50,000 frames; a run of 100 log points or fewer is averaged whole, its untrained start included |
| MA-100 | mean return of the last 100 training episodes |
| D-100 | mean return of 100 fresh episodes of the final policy, greedy, statistics frozen |
| (a .. b) | 95 % bootstrap interval of the mean over seeds; with fewer than five seeds it is too narrow to rely on |
| IQM of MA | mean of the middle half of the seeds; from four seeds on |
| Target | what the mean must exceed |
| SLM-Lab | the MA on SLM-Lab's benchmark page (version 4.3). Its DQN rows ran 100,000 frames with 10 log points, so compare with care |
| Seeds | how many reached the target alone, of how many were run |
| Frames | steps of all environments of one session; of a row under way, the mean of those that have begun, of the whole |
| Frames/s, Wall-clock | of one session, median over seeds, with as many sessions side by side as there are cores; logging and checkpoints included |

Curves: MA over frames, mean and range of the seeds, as far as all of them came.

## Run it yourself

```sh
./slm-lab run SPEC_FILE SPEC_NAME train              # one row, with the seed and sessions of its spec; `-s ...` first
./slm-lab benchmark cartpole/ppo                     # one row as on this page, by the last column
./slm-lab benchmark phase1 --sessions 5 --seed 1000  # CartPole and Acrobot
./slm-lab benchmark --list                           # all rows
```

The same seed gives the same weights on the same build and kind of CPU; each results file holds their SHA-256.

)";

}  // namespace

BenchmarkStatus benchmark_status(const BenchmarkPageEnv& env, const BenchmarkPageRow& row) {
  if (!row.result) return BenchmarkStatus::not_run;
  if (!row.result->failures.empty()) return BenchmarkStatus::failed;
  if (row.result->under_way()) return BenchmarkStatus::under_way;
  if (!row.result->overrides.empty()) return BenchmarkStatus::not_comparable;
  return mean(scores(env, *row.result)) > env.target ? BenchmarkStatus::pass : BenchmarkStatus::below;
}

std::string status_text(const BenchmarkPageEnv& env, const BenchmarkPageRow& row) {
  switch (benchmark_status(env, row)) {
    case BenchmarkStatus::not_run:
      return "not run";
    case BenchmarkStatus::under_way:
      return "under way";
    case BenchmarkStatus::failed:
      return "failed";
    case BenchmarkStatus::not_comparable:
      return "not comparable";
    case BenchmarkStatus::below:
      return "below";
    case BenchmarkStatus::pass:
      break;
  }
  const std::vector<double> all = scores(env, *row.result);
  return all.size() >= kFewestForInterval && bootstrap_ci95(all).low > env.target ? "pass, robust" : "pass";
}

std::map<std::string, std::vector<std::string>> benchmark_origins(std::span<const BenchmarkPageEnv> envs) {
  std::map<std::string, std::vector<std::string>> rows_of;
  for (const BenchmarkPageEnv& env : envs)
    for (const BenchmarkPageRow& row : env.rows)
      if (row.result) {
        const BenchmarkResult& r = *row.result;
        rows_of[fmt::format("{}, {} cores, net kernel {}; slm-lab {} ({:.12}); seed {}, {} sessions per row", r.cpu,
                            r.cores, r.kernel, r.version, r.git_revision, r.seed, r.num_sessions)]
            .push_back(row.id);
      }
  return rows_of;
}

std::string benchmark_overview(std::span<const BenchmarkPageEnv> envs) {
  int rows = 0, under_way = 0, run = 0, passed = 0, compared = 0, better = 0;
  for (const BenchmarkPageEnv& env : envs)
    for (const BenchmarkPageRow& row : env.rows) {
      const BenchmarkStatus status = benchmark_status(env, row);
      ++rows;
      under_way += status == BenchmarkStatus::under_way;
      run += status > BenchmarkStatus::under_way;
      passed += status == BenchmarkStatus::pass;
      if (std::isnan(row.published) || status < BenchmarkStatus::below) continue;
      ++compared;
      better += mean(row.result->values(&BenchmarkSession::total_reward_ma)) > row.published;
    }
  return fmt::format("{} of {} rows have run, {} pass{}; {} of {} are above the figure of SLM-Lab's own page.", run,
                     rows, passed, under_way == 0 ? "" : fmt::format("; {} more under way", under_way), better,
                     compared);
}

std::string_view benchmark_legend() { return kHowToRead; }

std::string benchmark_page(std::span<const BenchmarkPageEnv> envs, const std::string& results) {
  std::string text = fmt::format(kIntroduction, results);
  text += benchmark_overview(envs) + "\n\n" + origins(envs);
  for (const BenchmarkPageEnv& env : envs) {
    text += fmt::format("\n## {}\n\n{}.\n\n", env.name, fmt::join(env.facts, ". "));
    text += env_table(env) + remarks(env);
    if (!env.picture.empty()) text += fmt::format("\n![Curves of {}]({})\n", env.name, env.picture);
  }
  text += kHowToRead;
  return text.substr(0, text.find_last_not_of('\n') + 1) + "\n";
}

ReportTable benchmark_rows_table(std::span<const BenchmarkPageEnv> envs) {
  ReportTable table{
      .title = "Rows",
      .header = {"row", "status", "MA", "95 %", "MA-100", "D-100", "target", "SLM-Lab", "seeds", "frames/s", "wall"},
      .rows = {}};
  for (const BenchmarkPageEnv& env : envs)
    for (const BenchmarkPageRow& row : env.rows) {
      std::vector<std::string> cells = {row.id, status_text(env, row)};
      if (row.result) {
        const std::vector<double> ma = row.result->values(&BenchmarkSession::total_reward_ma);
        const Interval interval = bootstrap_ci95(ma);
        cells.insert(
            cells.end(),
            {return_text(mean(ma)),
             std::isnan(interval.low) ? "-"
                                      : fmt::format("{} .. {}", return_text(interval.low), return_text(interval.high)),
             return_text(mean(row.result->values(&BenchmarkSession::ma100))), return_text(mean(row.result->d100()))});
      } else {
        cells.insert(cells.end(), 4, "-");
      }
      cells.push_back(fmt::format("{}> {}", env.by_d100 ? "D-100 " : "", env.target));
      cells.push_back(std::isnan(row.published) ? "-" : fmt::format("{}", row.published));
      if (row.result)
        cells.insert(cells.end(), {seeds_text(env, *row.result), fps_text(*row.result), wall_text(*row.result)});
      else
        cells.insert(cells.end(), 3, "-");
      table.rows.push_back(std::move(cells));
    }
  return table;
}

std::string benchmark_table(std::span<const BenchmarkPageEnv> envs) {
  const ReportTable table = benchmark_rows_table(envs);
  return text_table(table.header, table.rows);
}

}  // namespace slm
