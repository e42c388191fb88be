#include "slm_lab/experiment/lab_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/error.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/session_memory.h"
#include "slm_lab/net/net_types.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/store/saved_spec.h"

namespace slm {
namespace {

constexpr int kMinLogPoints = 3;  // a curve, a moving average and a stability need as many

/// Whether every value was read that agent and environment are checked with against each other.
bool was_read(const SpecReport& report) {
  for (const char* path : {"env.name", "env.num_envs", "env.frame_op", "env.frame_op_len"})
    if (!report.was_read(path)) return false;
  return report.all_read("agent.algorithm") && report.all_read("agent.memory");
}

/// What concerns several parts of a spec. Values that were not read take no part.
void check_together(LabSpec& spec, SpecReader& meta) {
  // A short run that says nothing of it gets as many points as it needs.
  if (!meta.describing() && !meta.has("log_frequency"))
    spec.meta.log_frequency = std::clamp<std::int64_t>(spec.env.max_frame / kMinLogPoints, 1, spec.meta.log_frequency);
  const std::int64_t log_points = spec.env.max_frame / spec.meta.log_frequency;
  if (spec.env.max_frame < kMinLogPoints && meta.report().was_read("env.max_frame"))
    meta.problem("log_frequency", fmt::format("a session has at least {} log points, a frame or more apart, and "
                                              "env.max_frame is {}",
                                              kMinLogPoints, spec.env.max_frame));
  else if (log_points < kMinLogPoints && meta.report().was_read("env.max_frame"))
    meta.problem("log_frequency",
                 fmt::format("expected at most {} for env.max_frame = {}, so that a session has at least {} log points",
                             spec.env.max_frame / kMinLogPoints, spec.env.max_frame, kMinLogPoints));
  if (spec.meta.search_scheduler)  // a finished spec keeps its search block for the next time
    meta.note("search_scheduler",
              spec.meta.max_session > 1
                  ? "of a search, which then runs one session per trial; train leaves it alone and runs all sessions"
                  : "of a search; train leaves it alone");
}

/// The layout of SLM-Lab 4.0 to 4.2 has lists here; what it put into a list of one is read (spec/old_layout.h).
void refuse_several(SpecReader& reader, const char* key, const char* meaning) {
  const JsonNode* list = reader.object() ? reader.object()->find(key) : nullptr;
  if (list && list->is(JsonNode::Kind::array) && list->elements.size() != 1)
    reader.problem(key,
                   fmt::format("expected an object: {}. A list of {}, as SLM-Lab 4.0 to 4.2 could hold, cannot run: "
                               "make a spec of each",
                               meaning, list->elements.size()));
}

constexpr std::string_view kNearest = "; nearest legal value: ";  // as fields write it, at the end
constexpr int kMaxRounds = 3;                                     // a range, what it is part of, and the machine
constexpr std::size_t kMaxTried = 20;                             // problems; each costs a reading of the spec

/// The problems of the spec with this value at this path.
std::vector<SpecFinding> problems_with(const LoadedSpec& loaded, bool allow_placeholders, const std::string& path,
                                       std::string_view value) {
  JsonNode root = loaded.root;
  set_at_path(root, path, parse_value(value), "");
  SpecReport report(loaded.file);
  report.allow_placeholders = allow_placeholders;
  SpecReader reader(&root, "", report);
  read_lab_spec(reader);
  return report.problems();
}

/// The nearest value in a key's own range may be refused for what it means together with others. Then it is not
/// suggested; what it does to its own key is said instead, with the nearest value for that.
void confirm_suggestion(const LoadedSpec& loaded, const SpecReport& report, SpecFinding& problem) {
  const std::vector<SpecFinding> before = report.problems();
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::size_t at = problem.message.rfind(kNearest);
    if (at == std::string::npos) return;
    const std::string suggestion = problem.message.substr(at + kNearest.size());
    const SpecFinding* refused = nullptr;
    const auto after = problems_with(loaded, report.allow_placeholders, problem.path, suggestion);
    for (const SpecFinding& other : after) {
      const bool is_new = std::ranges::none_of(
          before, [&](const SpecFinding& old) { return old.path == other.path && old.message == other.message; });
      if (is_new && (refused == nullptr || other.path == problem.path)) refused = &other;
    }
    if (refused == nullptr) return;
    problem.message.resize(at);
    if (refused->path == problem.path) problem.message += ", and " + refused->message;
  }
}

[[noreturn]] void refuse(const LoadedSpec& loaded, const SpecReport& report) {
  std::vector<SpecFinding> problems = report.problems();
  if (problems.size() > kMaxTried) report.throw_if_problems();
  std::string text;
  for (SpecFinding& problem : problems) {
    confirm_suggestion(loaded, report, problem);
    text.append(text.empty() ? "" : "\n").append(report.line(problem));
  }
  throw SpecError(text);
}

}  // namespace

LabSpec read_lab_spec(SpecReader& reader) {
  LabSpec spec;
  refuse_several(reader, "agent", "one agent learns");
  refuse_several(reader, "env", "one environment, of which num_envs says how many copies");
  SpecReader agent = reader.require_child("agent", "what learns");
  SpecReader env = reader.require_child("env", "where it acts");
  spec.env = read_env_config(env);
  spec.agent = read_agent_config(agent, spec.env.max_frame);
  SpecReader meta = reader.require_child("meta", "how often, how long, from which seed");
  spec.meta = read_meta_config(meta);
  spec.search = read_search_space(reader);
  reader.inert("name", "a spec is known by its key in the file");
  reader.done();
  if (find_env(spec.env.name) != nullptr && was_read(reader.report())) {
    const EnvInfo info = env_info(spec.env, spec.env.num_envs);
    check_agent(spec.agent, info, agent, spec.env.max_frame);
    if (spec.agent.plan && reader.object()) {
      const auto needs = session_memory(*reader.object(), reader.report(), info, *spec.agent.plan);
      check_session_memory(needs, reader);
      // What does not fit into 64 bits has been refused.
      spec.session_bytes = static_cast<std::int64_t>(std::min(total_bytes(needs), 0x1p62));
    }
  }
  check_together(spec, meta);
  return spec;
}

LabSpec read_lab_spec(const LoadedSpec& loaded, SpecReport& report) {
  SpecReader reader(&loaded.root, "", report);
  if (!loaded.layout.empty())
    report.add_note({loaded.root.position, "", loaded.name, "",
                     "in the layout of SLM-Lab 4.0 to 4.2 and of the book; read as: " + loaded.layout});
  const LabSpec spec = read_lab_spec(reader);
  if (!report.problems().empty()) refuse(loaded, report);
  return spec;
}

LabSpec read_saved_spec(const DataFolder& folder, int trial, const std::string& hash) {
  const LoadedSpec loaded = load_saved_spec(folder, trial, hash);
  SpecReport report(loaded.file);
  return read_lab_spec(loaded, report);
}

std::string missing_for_distributed(const std::string& distributed) {
  if (distributed == "false") return "";
  return "needs sessions that share one net, which are not in this version yet; set it to false";
}

std::vector<MissingFeature> missing_features(const LabSpec& spec, const JsonNode& root) {
  std::vector<MissingFeature> missing;
  const auto add = [&](const char* key, const std::string& value, std::string_view why) {
    if (!why.empty()) missing.push_back({fmt::format("{} = {}", key, value), std::string(why)});
  };
  const JsonNode* net = find_at_path(root, "agent.net.type");
  if (net && net->is(JsonNode::Kind::string)) add("agent.net.type", net->text, missing_for_net(net->text));
  const EnvEntry* env = find_env(spec.env.name);
  if (env && !env->available()) add("env.name", spec.env.name, env->why);
  add("meta.distributed", spec.meta.distributed, missing_for_distributed(spec.meta.distributed));
  return missing;
}

}  // namespace slm
