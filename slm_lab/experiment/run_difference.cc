#include "slm_lab/experiment/run_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/report/json_file.h"
#include "slm_lab/report/metric_files.h"
#include "slm_lab/report/number_text.h"
#include "slm_lab/report/table.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

bool from_a_clock(const Column& column) {
  return column.value == &SessionRow::fps || column.value == &SessionRow::wall_t;
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void add_if_other(std::vector<FactDifference>& out, const char* name, const std::string& before,
                  const std::string& after) {
  if (before != after) out.push_back({name, before, after});
}

std::vector<FactDifference> machine_of(const RunStart& before, const RunStart& after) {
  std::vector<FactDifference> out;
  add_if_other(out, "host", before.host, after.host);
  add_if_other(out, "cpu", before.cpu, after.cpu);
  add_if_other(out, "cores", std::to_string(before.cores), std::to_string(after.cores));
  add_if_other(out, "system", before.system, after.system);
  return out;
}

/// What a run shows for itself: its manifest, its spec as it lies there, its trial's scores.
struct ComparedFacts {
  Manifest manifest;
  LoadedSpec spec;
  std::optional<TrialMetrics> metrics;
  int sessions = 0;
};

ComparedFacts facts_of(const DataFolder& folder) {
  if (folder.is_search())
    throw SpecError(fmt::format("{}: a search; runs are compared, as train leaves them", folder.root().string()));
  ComparedFacts run{.manifest = read_manifest(folder),
                    .spec = load_spec(folder.spec_file().string(), folder.spec_name(), {}),
                    .metrics = std::nullopt};
  run.sessions = static_cast<int>(integer_at(run.spec.root, "meta.max_session"));
  if (const auto file = folder.trial_metrics_scalar(0); file_exists(file))
    run.metrics = parse_trial_metrics_scalar(read_file(file), file.string());
  return run;
}

std::vector<ScoreDifference> scores_of(const TrialMetrics& before, const TrialMetrics& after) {
  std::vector<ScoreDifference> out = {
      {"frame", before.frame, after.frame},
      {"episode_return_ma100", before.episode_return_ma100, after.episode_return_ma100},
      {"eval_return_d100", before.eval_return_d100, after.eval_return_d100},
  };
  for (const ScalarName& scalar : kScalars)
    out.push_back({std::string(scalar.name), before.scalar.*scalar.value, after.scalar.*scalar.value});
  return out;
}

std::string as_written(double value) { return std::isnan(value) ? "-" : fmt::format("{}", static_cast<float>(value)); }

std::string sessions_text(const Parting& part) {
  std::string text;
  if (part.frame)
    text = fmt::format("part at frame {}: {} {} -> {} ({} log points before it are the same)",
                       static_cast<std::int64_t>(*part.frame), part.column, as_written(part.before),
                       as_written(part.after), part.common);
  else
    text = part.common == 0 ? "have no log point in common to compare"
                            : fmt::format("the same up to frame {} ({} log points)",
                                          static_cast<std::int64_t>(part.last_frame), part.common);
  if (part.same_weights) text += *part.same_weights ? "; the final weights are the same" : "; the final weights differ";
  return text;
}

template <class Row, class Text>
std::string section(const char* title, const std::vector<Row>& rows, const Text& text) {
  if (rows.empty()) return fmt::format("{}: the same\n", title);
  std::string out = fmt::format("{}\n", title);
  for (const Row& row : rows) out += fmt::format("  {}\n", text(row));
  return out;
}

Json facts_json(const std::vector<FactDifference>& facts) {
  Json list = Json::array();
  for (const FactDifference& fact : facts)
    list.push_back({{"name", fact.name}, {"before", fact.before}, {"after", fact.after}});
  return list;
}

}  // namespace

std::vector<FactDifference> program_differences(const RunStart& before, const RunStart& after) {
  std::vector<FactDifference> out;
  add_if_other(out, "version", before.version, after.version);
  add_if_other(out, "git_revision", before.revision, after.revision);
  add_if_other(out, "compiler", before.compiler, after.compiler);
  add_if_other(out, "build_type", before.build_type, after.build_type);
  add_if_other(out, "kernel", before.kernel, after.kernel);
  for (const auto& [name, version] : before.libraries) {
    const auto found = after.libraries.find(name);
    add_if_other(out, name.c_str(), version, found == after.libraries.end() ? "" : found->second);
  }
  return out;
}

Parting parting_of(const std::vector<SessionRow>& before, const std::vector<SessionRow>& after) {
  Parting part;
  for (; part.common < std::min(before.size(), after.size()); ++part.common) {
    const SessionRow &a = before[part.common], &b = after[part.common];
    for (const Column& column : kColumns) {
      if (from_a_clock(column) || same_number(a.*column.value, b.*column.value)) continue;
      part.frame = std::min(a.frame, b.frame);
      part.column = column.name;
      part.before = a.*column.value;
      part.after = b.*column.value;
      return part;
    }
    part.last_frame = a.frame;
  }
  return part;
}

RunDifference run_difference(const DataFolder& before, const DataFolder& after) {
  const ComparedFacts a = facts_of(before), b = facts_of(after);
  RunDifference out;
  out.spec = spec_differences(a.spec.root, b.spec.root);
  out.program = program_differences(a.manifest.starts.back(), b.manifest.starts.back());
  out.machine = machine_of(a.manifest.starts.back(), b.manifest.starts.back());
  if (a.metrics || b.metrics)
    out.scores = scores_of(a.metrics.value_or(TrialMetrics{}), b.metrics.value_or(TrialMetrics{}));
  for (int session = 0; session < std::min(a.sessions, b.sessions); ++session) {
    const auto x = before.session_csv(0, session, "train"), y = after.session_csv(0, session, "train");
    if (!file_exists(x) || !file_exists(y)) continue;
    Parting part = parting_of(read_csv(x), read_csv(y));
    part.session = session;
    const auto p = read_session_result(before, 0, session), q = read_session_result(after, 0, session);
    if (p && q) part.same_weights = p->weights_sha256 == q->weights_sha256;
    out.sessions.push_back(std::move(part));
  }
  return out;
}

std::string difference_text(const std::string& before, const std::string& after, const RunDifference& difference) {
  std::string out = fmt::format("a  {}\nb  {}\n\n", before, after);
  const auto fact = [](const FactDifference& f) { return fmt::format("{}: {} -> {}", f.name, f.before, f.after); };
  out += section("spec", difference.spec, [](const SpecDifference& d) {
    return fmt::format("{}: {} -> {}", d.path, shortened(d.before, 100), shortened(d.after, 100));
  });
  out += section("program", difference.program, fact);
  out += section("machine", difference.machine, fact);
  out += section("sessions", difference.sessions,
                 [](const Parting& part) { return fmt::format("s{}  {}", part.session, sessions_text(part)); });
  if (difference.sessions.empty()) out.replace(out.rfind("the same"), 8, "none that both have");
  if (difference.scores.empty()) return out + "\nscores: neither is finished\n";
  std::vector<std::vector<std::string>> rows;
  for (const ScoreDifference& score : difference.scores)
    rows.push_back(
        {score.name, as_written(score.before), as_written(score.after), as_written(score.after - score.before)});
  return out + "\n" + text_table({"score", "a", "b", "b - a"}, rows);
}

std::string difference_json(const std::string& before, const std::string& after, const RunDifference& difference) {
  Json json{{"before", before}, {"after", after}};
  json["spec"] = Json::array();
  for (const SpecDifference& key : difference.spec)
    json["spec"].push_back({{"path", key.path}, {"before", key.before}, {"after", key.after}});
  json["program"] = facts_json(difference.program);
  json["machine"] = facts_json(difference.machine);
  json["sessions"] = Json::array();
  for (const Parting& part : difference.sessions) {
    Json session{{"session", part.session}, {"common_log_points", part.common}};
    if (part.frame) {
      session["first_frame"] = *part.frame;
      session["column"] = part.column;
      session["before"] = part.before;
      session["after"] = part.after;
    }
    if (part.same_weights) session["same_weights"] = *part.same_weights;
    json["sessions"].push_back(std::move(session));
  }
  json["scores"] = Json::object();
  for (const ScoreDifference& score : difference.scores) json["scores"][score.name] = {score.before, score.after};
  return json_file_text(json);
}

}  // namespace slm
