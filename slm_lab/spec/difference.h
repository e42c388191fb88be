#pragma once

#include <string>
#include <vector>

#include "slm_lab/spec/json.h"

namespace slm {

/// A key whose value is not the same in two specs.
struct SpecDifference {
  std::string path;           ///< agent.algorithm.gamma
  std::string before, after;  ///< values as JSON, "nothing" where a spec does not have the key
  bool by_option = false;     ///< the second value comes from the command line, not from the file
};

/// The keys in which two specs differ, by path; values that mean the same (1e6 and 1000000) do not.
std::vector<SpecDifference> spec_differences(const JsonNode& before, const JsonNode& after);

}  // namespace slm
