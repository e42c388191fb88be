#include "slm_lab/benchmark/benchmark_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/env/random_baseline.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/reference_lines.h"
#include "slm_lab/report/graphs.h"
#include "slm_lab/report/number_text.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

std::string stem(const BenchmarkRow& row) { return fmt::format("{}_{}", row.group(), row.spec_name); }

std::string template_set(const BenchmarkRow& row) { return fmt::format("env={}", benchmark_env(row).name); }

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
  if (!env.note.empty()) facts.emplace_back(env.note);
  return facts;
}

}  // namespace

LoadedSpec load_benchmark_spec(const BenchmarkRow& row, const fs::path& repository, int sessions, std::int64_t seed,
                               const std::vector<std::string>& overrides) {
  LoadOptions options;
  options.repository = repository;
  options.mode = "train";
  if (row.is_template) options.sets = {template_set(row)};
  options.overrides = overrides;
  options.overrides.push_back(fmt::format("meta.max_session={}", sessions));
  options.overrides.push_back(fmt::format("meta.seed={}", seed));
  return load_spec((repository / row.spec_file).string(), row.spec_name, options);
}

std::optional<BenchmarkResult> BenchmarkFolder::result(const BenchmarkRow& row) const {
  return store_.result(stem(row));
}

std::optional<std::vector<SessionMetrics>> BenchmarkFolder::curves(const BenchmarkRow& row) const {
  return store_.curves(stem(row));
}

std::string BenchmarkFolder::label(const BenchmarkRow& row) const {
  const auto shown = result(row);
  return fmt::format("{}{}", row.algorithm, shown && shown->under_way() ? ", under way" : "");
}

void BenchmarkFolder::save(const BenchmarkRow& row, const BenchmarkResult& result,
                           std::span<const SessionMetrics> sessions) const {
  store_.save(stem(row), result, sessions);
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
  if (row.is_template) out.set = template_set(row);
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
  std::vector<TrialCurve> trials;
  for (const BenchmarkRow& row : benchmark_rows()) {
    if (row.group() != env.group) continue;
    auto sessions = curves(row);
    if (!sessions) continue;
    trials.push_back({label(row), std::string(row.algorithm), std::move(*sessions)});
  }
  if (trials.empty()) return false;
  Page picture = multi_trial_graph(fmt::format("{}: return", env.name), trials);
  picture.plots[0].lines = {target_line(env)};
  write_png(store_.root() / fmt::format("{}.png", env.group), picture);
  write_svg(store_.root() / fmt::format("{}.svg", env.group), picture);
  return true;
}

void BenchmarkFolder::render() const {
  store_.create();
  const std::string here = store_.root().lexically_relative(page().parent_path()).generic_string();
  const std::string prefix = here == "." ? "" : here + "/";
  std::vector<BenchmarkPageEnv> all = envs({});
  for (std::size_t i = 0; i < all.size(); ++i)
    if (const BenchmarkEnv& env = benchmark_envs()[i]; draw(env))
      all[i].picture = fmt::format("{}{}.png", prefix, env.group);
  store_.save_page(benchmark_page(all, prefix + store_.results().filename().string()));
}

}  // namespace slm
