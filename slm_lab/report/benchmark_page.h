#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/report/benchmark_result.h"
#include "slm_lab/report/report_page.h"

namespace slm {

/// A row of the page: an algorithm on an environment, with its result if there is one.
struct BenchmarkPageRow {
  std::string id;         ///< cartpole/ppo
  std::string algorithm;  ///< as people call it
  std::string spec_file, spec_name;
  std::string set;                    ///< KEY=VALUE that -s gives a spec that is a template; empty: it is none
  double published = Scalars::kNone;  ///< the MA that SLM-Lab's own page shows
  std::optional<BenchmarkResult> result;
  bool spec_changed = false;  ///< the spec file says something else now than when the result was made
};

struct BenchmarkPageEnv {
  std::string name;  ///< Gymnasium id
  std::vector<std::string> facts;
  double target = 0;     ///< a row passes when the mean of its score is above
  bool by_d100 = false;  ///< the score is D-100 instead of MA
  std::string picture;   ///< of the curves, relative to the page; empty: none
  std::vector<BenchmarkPageRow> rows;
};

/// From nothing to see, over nothing to compare, to what counts.
enum class BenchmarkStatus { not_run, under_way, failed, not_comparable, below, pass };
BenchmarkStatus benchmark_status(const BenchmarkPageEnv& env, const BenchmarkPageRow& row);
std::string status_text(const BenchmarkPageEnv& env, const BenchmarkPageRow& row);

/// The page in Markdown, from nothing but its arguments; `results` is the folder of the results files, relative to it.
std::string benchmark_page(std::span<const BenchmarkPageEnv> envs, const std::string& results);

/// A line per row, in short.
ReportTable benchmark_rows_table(std::span<const BenchmarkPageEnv> envs);
std::string benchmark_table(std::span<const BenchmarkPageEnv> envs);  ///< the same for the terminal

/// Which rows ran where: machine and program, then the ids of the rows.
std::map<std::string, std::vector<std::string>> benchmark_origins(std::span<const BenchmarkPageEnv> envs);

std::string benchmark_overview(std::span<const BenchmarkPageEnv> envs);  ///< how many have run, how many pass

/// What the columns mean, in Markdown.
std::string_view benchmark_legend();

}  // namespace slm
