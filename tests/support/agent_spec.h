#pragma once

#include <memory>
#include <string>

#include "slm_lab/algorithm/agent_config.h"
#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm {

// Parts of an `agent` object.
inline const std::string kNet =
    R"("net": {"type": "MLPNet", "shared": false, "use_same_optim": false, "hid_layers": [32],
    "hid_layers_activation": "tanh", "clip_grad_val": 0.5, "optim_spec": {"name": "Adam", "lr": 0.01}})";
inline const std::string kBatch = R"("memory": {"name": "OnPolicyBatchReplay"})";
inline std::string agent(const std::string& algorithm, const std::string& memory, const std::string& net) {
  return R"({"name": "test", "algorithm": )" + algorithm + ", " + memory + ", " + net + "}";
}

/// The two functions below are all that tests know of how a spec becomes an algorithm.

/// Reads an `agent` object for these spaces; what is wrong with it is in `report`.
inline AgentConfig read_agent(const JsonNode& root, SpecReport& report, const EnvInfo& info,
                              std::int64_t max_frame = 10'000) {
  SpecReader reader(&root, "agent", report);
  AgentConfig config = read_agent_config(reader, max_frame);
  check_agent(config, info, reader);
  return config;
}

/// The algorithm that the JSON of an `agent` object describes. Throws SpecError for an illegal one.
inline std::unique_ptr<Algorithm> make_agent(const std::string& json, const EnvInfo& info, std::uint64_t seed = 3,
                                             std::int64_t max_frame = 10'000) {
  const JsonNode root = parse_json(json, "test.json");
  SpecReport report("test.json");
  const AgentConfig config = read_agent(root, report, info, max_frame);
  report.throw_if_problems();
  return make_algorithm(config, info, Streams(seed, 0, 0));
}

}  // namespace slm
