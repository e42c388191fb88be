#pragma once

#include <string>
#include <vector>

#include "slm_lab/spec/json.h"

namespace slm {

class AlgorithmPlan;
struct EnvInfo;
class SpecReader;
class SpecReport;

/// A part of what a session takes, and the key of the spec that decides its size.
struct MemoryNeed {
  std::string path;  ///< "agent.algorithm.time_horizon"
  std::string what;  ///< "the rollout"
  double bytes;
};

/// An upper estimate, from the numbers of a spec that has been read, of the memory that one session takes; made before
/// anything is; numbers that `report` says were not read take no part. In double, so that no size overflows.
std::vector<MemoryNeed> session_memory(const JsonNode& spec, const SpecReport& report, const EnvInfo& info,
                                       const AlgorithmPlan& plan);

double total_bytes(const std::vector<MemoryNeed>& needs);

/// Reports a session that does not fit into this machine as a problem at the key that takes most.
void check_session_memory(const std::vector<MemoryNeed>& needs, SpecReader& spec);

}  // namespace slm
