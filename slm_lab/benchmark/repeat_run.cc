#include "slm_lab/benchmark/repeat_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/benchmark/benchmark_folder.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/run_difference.h"
#include "slm_lab/report/table.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/store/saved_spec.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

constexpr std::size_t kShownHash = 16;

Repeatable of_row(const BenchmarkRow& row, const std::filesystem::path& repository) {
  const auto result = BenchmarkFolder(benchmark_page_folder(repository), repository).result(row);
  if (!result) throw SpecError(fmt::format("{}: the page has no result of this row", row.id));
  Repeatable out{.name = std::string(row.id),
                 .spec = load_benchmark_spec(row, repository, result->num_sessions, result->seed, result->overrides),
                 .weights_sha256 = {},
                 .starts = {}};
  RunStart& start = out.starts.emplace_back();
  start.version = result->version;
  start.revision = result->git_revision;
  start.kernel = result->kernel;
  start.cpu = result->cpu;
  if (out.spec.hash != result->spec_hash)
    throw SpecError(
        fmt::format("{}: {} is no longer what this result was made from (spec_hash), so that it cannot be "
                    "come to again; check out revision {}",
                    row.id, row.spec_file, result->git_revision));
  for (const BenchmarkSession& session : result->sessions)
    if (session.done()) out.weights_sha256[session.session] = session.weights_sha256;
  return out;
}

Repeatable of_run(const DataFolder& folder) {
  if (folder.is_search())
    throw SpecError(
        fmt::format("{0}: a search; train its best spec, {1}", folder.root().string(), folder.best_spec().string()));
  Repeatable out{.name = run_name(folder),
                 .spec = load_saved_spec(folder, 0),
                 .weights_sha256 = {},
                 .starts = read_manifest(folder).starts};
  const std::int64_t sessions = integer_at(out.spec.root, "meta.max_session");
  for (int session = 0; session < sessions; ++session)
    if (const auto result = read_session_result(folder, 0, session))
      out.weights_sha256[session] = result->weights_sha256;
  return out;
}

/// What is not as it was: of any of the starts, as each computed a part of the result.
std::vector<std::string> other_facts(const std::vector<RunStart>& starts, const RunStart& now) {
  std::vector<std::string> facts;
  for (const RunStart& start : starts) {
    std::vector<FactDifference> others = program_differences(start, now);
    if (start.cpu != now.cpu) others.push_back({"cpu", start.cpu, now.cpu});
    for (const FactDifference& other : others) {
      const std::string fact = fmt::format("{}: {} -> {}", other.name, other.before, other.after);
      if (!other.before.empty() && std::ranges::find(facts, fact) == facts.end()) facts.push_back(fact);
    }
  }
  return facts;
}

/// Whether it is known which program it was: a results file has no compiler, and of a tree that somebody had changed
/// nobody knows what it was.
bool is_known(const RunStart& start) {
  return !start.compiler.empty() && start.revision.find_first_not_of("0123456789abcdef") == start.revision.npos;
}

}  // namespace

Repeatable repeatable(const std::string& what, const std::filesystem::path& data,
                      const std::filesystem::path& repository) {
  const auto rows = benchmark_rows();
  const auto row = std::ranges::find(rows, what, &BenchmarkRow::id);
  Repeatable out = row != rows.end() ? of_row(*row, repository) : of_run(find_run(what, data));
  if (out.weights_sha256.empty())
    throw SpecError(
        fmt::format("{}: no session has come to its end, so that there is nothing to compare with", out.name));
  return out;
}

int repeat_run(const Repeatable& earlier, std::optional<int> sessions, TrainOptions options) {
  LoadedSpec spec = earlier.spec;
  if (sessions) {
    set_at_path(spec.root, "meta.max_session", parse_value(std::to_string(*sessions)), "--sessions");
    spec.canonical = to_canonical_json(spec.root);
    spec.hash = sha256_hex(spec.canonical);
  }
  options.data /= "repro";
  if (const int code = train(spec, options); code != 0) return code;
  const DataFolder again = DataFolder::latest_run(options.data, spec.name);
  bool all_same = true;
  std::vector<std::vector<std::string>> table;
  for (const auto& [session, sha256] : earlier.weights_sha256) {
    if (sessions && session >= *sessions) continue;
    const auto result = read_session_result(again, 0, session);
    const std::string now = result ? result->weights_sha256 : "";
    all_same = all_same && now == sha256;
    table.push_back({fmt::format("s{}", session), sha256.substr(0, kShownHash), now.substr(0, kShownHash),
                     now == sha256 ? "the same" : "differ"});
  }
  fmt::print("\n{}", text_table({"weights", "before", "now", ""}, table));
  const std::vector<std::string> facts = other_facts(earlier.starts, read_manifest(again).starts.back());
  for (const std::string& fact : facts) fmt::print("{}\n", fact);
  if (all_same) {
    fmt::print("{} repeats: its final weights are the same, bit for bit\n", earlier.name);
    return 0;
  }
  if (facts.empty())
    fmt::print(
        "{} does not repeat, with the same program on the same kind of processor{}: a defect of slm-lab, please "
        "report it\n",
        earlier.name, std::ranges::all_of(earlier.starts, is_known) ? "" : ", as far as that was recorded");
  else
    fmt::print("{} does not repeat: bits are promised for one build on one kind of processor, and that was another\n",
               earlier.name);
  return static_cast<int>(facts.empty() ? ExitCode::defect : ExitCode::missing);
}

}  // namespace slm
