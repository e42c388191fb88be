#include "slm_lab/experiment/benchmark_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/env/random_baseline.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/report/benchmark_curves.h"
#include "slm_lab/report/graphs.h"
#include "slm_lab/report/number_text.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

std::string stem(const BenchmarkRow& row) { return fmt::format("{}_{}", row.group(), row.spec_name); }

void make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw Error(ExitCode::usage,
                fmt::format("cannot create the results folder {}: {}; choose another with --results DIR",
                            folder.string(), failure.message()));
}

bool has_reinforce(const BenchmarkEnv& env) {
  const std::span<const BenchmarkRow> rows = benchmark_rows();
  return std::any_of(rows.begin(), rows.end(),
                     [&](const BenchmarkRow& row) { return row.group() == env.group && row.algorithm == "REINFORCE"; });
}

std::vector<std::string> facts(const BenchmarkEnv& env) {
  std::vector<std::string> facts = {fmt::format("Observations {}, actions {}", env.obs, env.actions)};
  if (const EnvEntry* entry = find_env(env.name); entry != nullptr && entry->max_episode_steps > 0)
    facts.push_back(fmt::format("Episodes of at most {} steps", entry->max_episode_steps));
  facts.push_back(fmt::format("**Target: {} > {}**", env.by_d100 ? "D-100" : "MA", env.target));
  if (const double random = random_baseline(env.name); !std::isnan(random))
    facts.push_back(fmt::format("A random policy reaches {}", random));
  if (env.max_frame > 0)
    facts.push_back(fmt::format("{} frames, {} environments side by side{}, a log point every {} frames",
                                count_text(static_cast<double>(env.max_frame)), env.num_envs,
                                has_reinforce(env) ? " (REINFORCE: 1)" : "", env.log_frequency));
  return facts;
}

}  // namespace

LoadedSpec load_benchmark_spec(const BenchmarkRow& row, const fs::path& repository, int sessions, std::int64_t seed,
                               const std::vector<std::string>& overrides) {
  LoadOptions options;
  options.repository = repository;
  options.mode = "train";
  options.overrides = overrides;
  options.overrides.push_back(fmt::format("meta.max_session={}", sessions));
  options.overrides.push_back(fmt::format("meta.seed={}", seed));
  return load_spec((repository / row.spec_file).string(), row.spec_name, options);
}

BenchmarkFolder::BenchmarkFolder(const fs::path& root, fs::path repository)
    : root_(fs::absolute(root).lexically_normal()), repository_(std::move(repository)) {
  if (root_.filename().empty()) root_ = root_.parent_path();  // a trailing slash
  const bool is_ours = root_ == fs::absolute(repository_ / "docs" / "benchmarks").lexically_normal();
  page_ = (is_ours ? root_.parent_path() : root_) / "BENCHMARKS.md";
}

fs::path BenchmarkFolder::result_file(const BenchmarkRow& row) const {
  return root_ / "results" / (stem(row) + ".json");
}
fs::path BenchmarkFolder::curves_file(const BenchmarkRow& row) const { return root_ / "curves" / (stem(row) + ".csv"); }

std::optional<BenchmarkResult> BenchmarkFolder::result(const BenchmarkRow& row) const {
  const fs::path file = result_file(row);
  if (!fs::exists(file)) return std::nullopt;
  return parse_benchmark_result(read_file(file), file.string());
}

void BenchmarkFolder::save(const BenchmarkRow& row, const BenchmarkResult& result,
                           std::span<const SessionMetrics> sessions) const {
  make_folder(root_ / "results");
  make_folder(root_ / "curves");
  write_file_durably(curves_file(row), benchmark_curves_csv(sessions));
  write_file_durably(result_file(row), benchmark_result_json(result));
}

bool BenchmarkFolder::spec_changed(const BenchmarkRow& row, const BenchmarkResult& result) const {
  try {
    return load_benchmark_spec(row, repository_, result.num_sessions, result.seed, result.overrides).hash !=
           result.spec_hash;
  } catch (const SpecError&) {
    return true;
  }
}

BenchmarkPageRow BenchmarkFolder::page_row(const BenchmarkRow& row) const {
  BenchmarkPageRow out;
  out.id = row.id;
  out.algorithm = row.algorithm;
  out.spec_file = row.spec_file;
  out.spec_name = row.spec_name;
  out.published = row.published;
  out.result = result(row);
  out.spec_changed = out.result && spec_changed(row, *out.result);
  return out;
}

std::vector<BenchmarkPageEnv> BenchmarkFolder::envs(std::span<const BenchmarkRow* const> chosen) const {
  std::vector<BenchmarkPageEnv> envs;
  for (const BenchmarkEnv& env : benchmark_envs()) {
    BenchmarkPageEnv out{std::string(env.name), facts(env), env.target, env.by_d100, /*picture=*/"", /*rows=*/{}};
    for (const BenchmarkRow& row : benchmark_rows()) {
      if (row.group() != env.group) continue;
      if (chosen.empty() || std::find(chosen.begin(), chosen.end(), &row) != chosen.end())
        out.rows.push_back(page_row(row));
    }
    if (!out.rows.empty()) envs.push_back(std::move(out));
  }
  return envs;
}

/// Returns whether there is anything to see.
bool BenchmarkFolder::draw(const BenchmarkEnv& env) const {
  std::vector<TrialCurve> curves;
  for (const BenchmarkRow& row : benchmark_rows()) {
    const fs::path file = curves_file(row);
    if (row.group() != env.group || !fs::exists(result_file(row)) || !fs::exists(file)) continue;
    curves.push_back({std::string(row.algorithm), series_color(curves.size()),
                      parse_benchmark_curves(read_file(file), file.string())});
  }
  if (curves.empty()) return false;
  Graph graph = multi_trial_graph("", fmt::format("{}: return", env.name), curves);
  graph.name = env.group;
  graph.plot.target = env.target;
  write_graph(root_, graph, /*svg_too=*/true);
  return true;
}

void BenchmarkFolder::render() const {
  make_folder(root_);
  const std::string here = root_.lexically_relative(page_.parent_path()).generic_string();
  const std::string prefix = here == "." ? "" : here + "/";
  std::vector<BenchmarkPageEnv> all = envs({});
  for (std::size_t i = 0; i < all.size(); ++i)
    if (const BenchmarkEnv& env = benchmark_envs()[i]; draw(env))
      all[i].picture = fmt::format("{}{}.png", prefix, env.group);
  write_file_durably(page_, benchmark_page(all, prefix + "results"));
}

}  // namespace slm
