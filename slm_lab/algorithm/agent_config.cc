#include "slm_lab/algorithm/agent_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/registry.h"
#include "slm_lab/base/error.h"
#include "slm_lab/memory/config.h"

namespace slm {
namespace {

std::vector<std::string> algorithm_names() {
  std::vector<std::string> names;
  for (const AlgorithmEntry& entry : algorithm_table()) names.emplace_back(entry.name);
  return names;
}

std::vector<std::string_view> learners_of(const Space& action_space) {
  std::vector<std::string_view> names;
  for (const AlgorithmEntry& entry : algorithm_table())
    if (entry.takes(action_space) && entry.name != "Random") names.push_back(entry.name);
  return names;
}

}  // namespace

AgentConfig read_agent_config(SpecReader& reader, std::int64_t max_frame) {
  AgentConfig c;
  reader.require("name", c.name, "a label for people; nothing depends on it");
  SpecReader algorithm = reader.require_child("algorithm", "how it learns");
  SpecReader memory = reader.require_child("memory", "where experience is kept");
  SpecReader net = reader.require_child("net", "its neural networks");
  algorithm.choose("name", algorithm_names(), "the learning algorithm", [&](const std::string& name, SpecReader& rest) {
    AgentReader agent{name, rest, memory, net, max_frame};
    c.algorithm_name = name;
    c.plan = find_algorithm(name)->read(agent);
  });
  algorithm.done();
  if (!c.plan) read_memory_config(memory);  // so that its problems are reported too
  reader.done();
  return c;
}

void check_agent(const AgentConfig& config, const EnvInfo& info, SpecReader& agent, std::int64_t max_frame) {
  if (!config.plan || agent.describing() || !agent.has("algorithm") || !agent.has("memory")) return;
  AgentReader reader{config.algorithm_name, agent.require_child("algorithm", ""), agent.require_child("memory", ""),
                     agent.require_child("net", "")};
  if (!find_algorithm(config.algorithm_name)->takes(info.action_space)) {
    const bool discrete = info.action_space.is_discrete();
    reader.algorithm.problem(
        "name", fmt::format("{} needs {} actions, and those of {} are {}; for it use {}", config.algorithm_name,
                            discrete ? "continuous" : "discrete", info.name, discrete ? "discrete" : "continuous",
                            fmt::join(learners_of(info.action_space), ", ")));
  }
  config.plan->check(info, reader);
  const std::int64_t first = config.plan->training_rate(info.num_envs).first_frame;
  if (max_frame > 0 && first > max_frame)
    reader.algorithm.note("name", fmt::format("never trains: the first gradient update would come after {} frames, and "
                                              "env.max_frame = {} ends the run before",
                                              first, max_frame));
}

std::unique_ptr<Algorithm> make_algorithm(const AgentConfig& config, const EnvInfo& info, const Streams& streams) {
  ensure(config.plan != nullptr, "a spec with problems was refused when it was read");
  return config.plan->make(info, streams);
}

}  // namespace slm
