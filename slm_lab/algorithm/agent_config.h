#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace slm {

class Algorithm;
class AlgorithmPlan;
class SpecReader;
class Streams;
struct EnvInfo;

/// The `agent` object of a spec.
struct AgentConfig {
  std::string name;            ///< a label
  std::string algorithm_name;  ///< of a row of algorithm_table()
  /// Shared by the copies of a spec, as it does not change; null where the algorithm could not be read.
  std::shared_ptr<const AlgorithmPlan> plan;
};

/// `max_frame`: env.max_frame, the length of schedules for which the spec names none.
AgentConfig read_agent_config(SpecReader& reader, std::int64_t max_frame = 0);
/// What the agent, its environment and the length of the run must agree on; problems and notes go to the keys of
/// `agent`. `max_frame`: env.max_frame; 0: not known.
void check_agent(const AgentConfig& config, const EnvInfo& info, SpecReader& agent, std::int64_t max_frame = 0);

std::unique_ptr<Algorithm> make_algorithm(const AgentConfig& config, const EnvInfo& info, const Streams& streams);

}  // namespace slm
