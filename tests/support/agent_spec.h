#pragma once

#include <memory>
#include <string>

#include "slm_lab/algorithm/agent_config.h"
#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm {

/// The algorithm that the JSON of an `agent` object describes, for these spaces: the one place of the tests that knows
/// how a spec becomes an algorithm. Throws SpecError for an illegal one.
inline std::unique_ptr<Algorithm> make_agent(const std::string& json, const EnvInfo& info, std::uint64_t seed = 3,
                                             std::int64_t max_frame = 10'000) {
  const JsonNode root = parse_json(json, "test.json");
  SpecReport report("test.json");
  SpecReader reader(&root, "agent", report);
  const AgentConfig config = read_agent_config(reader, max_frame);
  check_agent(config, info, reader);
  report.throw_if_problems();
  return make_algorithm(config, info, Streams(seed, 0, 0));
}

}  // namespace slm
