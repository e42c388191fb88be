#include "slm_lab/env/gymnasium/makers.h"

#include <fmt/format.h>

#include "slm_lab/base/thread_pool.h"
#include "slm_lab/env/gymnasium/ask_python.h"
#include "slm_lab/env/gymnasium/gymnasium_rollout_env.h"
#include "slm_lab/env/gymnasium/gymnasium_vec_env.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm {
namespace {

// NOLINTNEXTLINE(performance-unnecessary-value-param): as all makers of the table take them
std::unique_ptr<VecEnv> make_rows(EnvInfo info, const EnvKwargs& kwargs, std::vector<Rng> rngs, ThreadPool* threads) {
  const auto& own = std::get<GymnasiumKwargs>(kwargs);
  const int processes = own.processes.value_or(threads == nullptr ? 1 : threads->size());
  return std::make_unique<GymnasiumVecEnv>(std::move(info), own, rngs, processes);
}

std::unique_ptr<RolloutEnv> make_one(EnvInfo info, const EnvKwargs& kwargs, std::uint64_t seed) {
  return std::make_unique<GymnasiumRolloutEnv>(std::move(info), std::get<GymnasiumKwargs>(kwargs), seed);
}

void read_keys(SpecReader& reader, GymnasiumKwargs& k) {
  std::optional<std::string> module;
  reader.read("module", module,
              "gymnasium: a module of Python that is imported first, as it registers the environment: a name, or a "
              "file that ends in .py");
  k.module = module.value_or("");
  reader.read("wrappers", k.wrappers,
              "gymnasium: wrappers around the environment, each \"module:Class\", from inside out");
  for (const std::string& wrapper : k.wrappers)
    if (wrapper.find(':') == std::string::npos || wrapper.ends_with(':') || wrapper.starts_with(':'))
      reader.problem("wrappers", "expected \"module:Class\", such as gymnasium.wrappers:FlattenObservation");
  if (const JsonNode* kwargs =
          reader.read_json("kwargs", "object",
                           "arguments of the environment, as gymnasium.make(id, ...) takes them; except those of "
                           "gymnasium:ID each may stand beside name instead")) {
    if (kwargs->is(JsonNode::Kind::object))
      k.kwargs = to_json_line(*kwargs);
    else
      reader.problem("kwargs", "expected an object of arguments, such as {\"render_fps\": 30}");
  }
  reader.read("processes", k.processes,
              "gymnasium: processes of Python that the environments are parted among; null: as many as the session has "
              "threads",
              between(1, 1024));
  reader.read("timeout", k.timeout, "gymnasium: seconds without an answer after which a process of Python is given up",
              between(1, 1e6));
}

}  // namespace

EnvMakers gymnasium_makers() { return {make_rows, make_one}; }

Spaces gymnasium_spaces(const EnvKwargs& kwargs) {
  const auto& facts = std::get<GymnasiumKwargs>(kwargs).facts;
  if (!facts) return {Space::row(1), Space::discrete(2)};  // of a spec that is refused
  return {facts->obs, facts->action, facts->max_episode_steps};
}

EnvKwargs read_gymnasium_kwargs(SpecReader& reader, std::string_view name) {
  GymnasiumKwargs k;
  k.id = name.substr(name.find(':') + 1);
  const std::size_t problems_before = reader.report().problems().size();
  read_keys(reader, k);
  if (reader.describing() || k.id.empty() || reader.report().problems().size() > problems_before) return k;
  try {
    k.facts = ask_python(k);
    if (k.facts->max_episode_steps == 0)
      reader.note("name", fmt::format("is registered without max_episode_steps (kwargs may set it): an evaluation ends "
                                      "an episode after {} steps, as a policy may go on for ever",
                                      kLongestUnlimitedEpisode));
  } catch (const GymnasiumRefusal& refusal) {
    reader.problem(reader.has(refusal.key()) ? refusal.key() : "name", refusal.what());
  }
  return k;
}

}  // namespace slm
