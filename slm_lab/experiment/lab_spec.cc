#include "slm_lab/experiment/lab_spec.h"

#include <fmt/format.h>

#include "slm_lab/env/registry.h"
#include "slm_lab/store/saved_spec.h"

namespace slm {
namespace {

constexpr int kMinLogPoints = 3;  // a curve, a moving average and a stability need as many

/// What concerns several parts of a spec.
void check_together(const LabSpec& spec, SpecReader& meta) {
  const std::int64_t log_points = spec.env.max_frame / spec.meta.log_frequency;
  if (log_points < kMinLogPoints)
    meta.problem("log_frequency",
                 fmt::format("expected at most {} for env.max_frame = {}, so that a session has at least {} log points",
                             spec.env.max_frame / kMinLogPoints, spec.env.max_frame, kMinLogPoints));
  if (spec.meta.search_scheduler)  // a finished spec keeps its search block for the next time
    meta.note("search_scheduler",
              spec.meta.max_session > 1
                  ? "of a search, which then runs one session per trial; train leaves it alone and runs all sessions"
                  : "of a search; train leaves it alone");
}

}  // namespace

LabSpec read_lab_spec(SpecReader& reader) {
  LabSpec spec;
  SpecReader agent = reader.require_child("agent", "what learns");
  SpecReader env = reader.require_child("env", "where it acts");
  spec.env = read_env_config(env);
  spec.agent = read_agent_config(agent, spec.env.max_frame);
  SpecReader meta = reader.require_child("meta", "how often, how long, from which seed");
  spec.meta = read_meta_config(meta);
  spec.search = read_search_space(reader);
  reader.inert("name", "a spec is known by its key in the file");
  reader.done();
  if (find_env(spec.env.name) != nullptr) check_agent(spec.agent, env_info(spec.env, spec.env.num_envs), agent);
  check_together(spec, meta);
  return spec;
}

LabSpec read_lab_spec(const LoadedSpec& loaded, SpecReport& report) {
  SpecReader reader(&loaded.root, "", report);
  const LabSpec spec = read_lab_spec(reader);
  report.throw_if_problems();
  return spec;
}

LabSpec read_saved_spec(const DataFolder& folder, int trial) {
  const LoadedSpec loaded = load_saved_spec(folder, trial);
  SpecReport report(loaded.file);
  return read_lab_spec(loaded, report);
}

}  // namespace slm
