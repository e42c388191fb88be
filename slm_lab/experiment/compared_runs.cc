#include "slm_lab/experiment/compared_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/near_name.h"
#include "slm_lab/experiment/benchmark_rows.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/reference_lines.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/store/search_journal.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

/// A run with what tells it from others.
struct FoundCurves {
  std::string algorithm, nickname, spec_name, name, env;
  ComparedRun run;
};

/// As SLM-Lab's plots call it.
std::string nickname_of(const JsonNode& spec) {
  const std::string name = text_at(spec, "agent.algorithm.name");
  const bool per = text_at(spec, "agent.memory.name").starts_with("Prioritized");
  if (name == "ActorCritic") return "A2C";
  if (name == "SoftActorCritic") return "SAC";
  if (name == "VanillaDQN") return "DQN";
  if (name == "DoubleDQN") return per ? "DDQN+PER" : "DDQN";
  if (name == "C51") return per ? "Rainbow" : "C51";
  if (name == "Reinforce") return "REINFORCE";
  return name;
}

FoundCurves read_curves(const DataFolder& folder) {
  const int trial = folder.is_search() ? best_trial(SearchJournal::read(folder)).value_or(0) : 0;
  const fs::path file = folder.is_search() ? folder.trial_spec_file(trial) : folder.spec_file();
  const LoadedSpec spec = load_spec(file.string(), folder.spec_name(), {});
  FoundCurves found{.algorithm = text_at(spec.root, "agent.algorithm.name"),
                    .nickname = nickname_of(spec.root),
                    .spec_name = folder.spec_name(),
                    .name = run_name(folder),
                    .env = text_at(spec.root, "env.name"),
                    .run = {}};
  found.run.algorithm = found.nickname == "DDQN" ? found.algorithm : found.nickname;
  const std::int64_t count = integer_at(spec.root, "meta.max_session");
  for (int session = 0; session < count; ++session)
    if (const fs::path csv = folder.session_csv(trial, session, "train"); file_exists(csv))
      if (std::vector<SessionRow> rows = read_csv(csv); !rows.empty()) found.run.sessions.push_back(std::move(rows));
  if (found.run.sessions.empty()) throw SpecError(fmt::format("{}: no log point yet", folder.root().string()));
  return found;
}

/// The shortest names that tell the runs apart.
void name_curves(std::vector<FoundCurves>& runs, const std::vector<std::string>& legend) {
  if (!legend.empty() && legend.size() != runs.size())
    throw SpecError(fmt::format("--legend: {} names for {} runs", legend.size(), runs.size()));
  for (std::size_t i = 0; i < legend.size(); ++i) runs[i].run.label = legend[i];
  if (!legend.empty()) return;
  const auto name_all = [&](const auto& name_of) {
    std::set<std::string> names;
    for (FoundCurves& run : runs) names.insert(run.run.label = name_of(run));
    return names.size() == runs.size();
  };
  if (name_all([](const FoundCurves& run) { return run.nickname; })) return;
  if (name_all([](const FoundCurves& run) { return run.spec_name; })) return;
  name_all([](const FoundCurves& run) { return fmt::format("{} ({})", run.nickname, run.name); });
}

std::string title_of(const std::vector<FoundCurves>& runs) {
  std::string title;
  std::set<std::string> seen;
  for (const FoundCurves& run : runs)
    if (seen.insert(run.env).second) title += (title.empty() ? "" : ", ") + run.env;
  return title;
}

double SessionRow::*metric_of(const std::string& name) {
  std::vector<std::string> names;
  for (const Column& column : kColumns) {
    if (column.name == name) return column.value;
    names.emplace_back(column.name);
  }
  const auto near = near_name(name, names);
  throw SpecError(fmt::format("--metric {}: expected a column of the sessions' tables: {}{}", name,
                              fmt::join(names, ", "), near ? fmt::format("; did you mean {}?", *near) : ""));
}

/// "CartPole-v1, PPO & A2C" -> "cartpole-v1_ppo_a2c"
std::string file_name_of(const std::string& title) {
  std::string name;
  for (const unsigned char c : title.substr(0, 100)) {
    const bool plain = std::isalnum(c) != 0 || c == '-' || c == '.';
    if (plain) name += static_cast<char>(std::tolower(c));
    if (!plain && !name.empty() && name.back() != '_') name += '_';
  }
  while (!name.empty() && (name.back() == '_' || name.back() == '.')) name.pop_back();
  while (!name.empty() && name.front() == '.') name.erase(0, 1);
  return name.empty() ? "plot" : name;
}

std::vector<fs::path> output_files(const PlotOptions& options, const std::string& title) {
  const fs::path output = options.output.empty() ? options.data / "plots" : options.output;
  if (output.extension() == ".png" || output.extension() == ".svg") return {output};
  const std::string name = file_name_of(title) + "_multi_trial_graph_" + options.metric;
  return {output / (name + ".png"), output / (name + ".svg")};
}

}  // namespace

std::vector<fs::path> plot_runs(const PlotOptions& options) {
  ComparisonOptions comparison = options.comparison;
  comparison.metric = metric_of(options.metric);
  std::vector<FoundCurves> found;
  for (const std::string& word : options.folders) found.push_back(read_curves(find_run(word, options.data)));
  if (found.empty()) throw SpecError("no run to plot: -f FOLDER,FOLDER");
  name_curves(found, options.legend);
  const std::string title = title_of(found);
  if (comparison.title.empty()) comparison.title = title;
  const bool of_return = options.metric == "total_reward_ma" || options.metric == "total_reward";
  if (const BenchmarkEnv* env = find_benchmark_env(title); env != nullptr && of_return)  // they share one
    comparison.lines.push_back(target_line(*env));
  std::vector<ComparedRun> runs;
  for (FoundCurves& run : found) runs.push_back(std::move(run.run));
  const Page page = comparison_page(runs, comparison);
  if (page.plots[0].series.empty())
    throw SpecError(fmt::format("--metric {}: none of these runs has a value of it", options.metric));
  const std::vector<fs::path> files = output_files(options, comparison.title);
  for (const fs::path& file : files) {
    std::error_code failure;
    if (file.has_parent_path()) fs::create_directories(file.parent_path(), failure);
    if (failure)
      throw Error(ExitCode::io, fmt::format("{}: cannot be made: {}", file.parent_path().string(), failure.message()));
    write_picture(file, file.extension() == ".svg" ? page_svg(page) : page_png(page));
  }
  return files;
}

}  // namespace slm
