#pragma once

#include <string>
#include <vector>

#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"

namespace slm {

/// How one value of a sampled spec is drawn. The arguments follow Ray Tune's functions of the same names.
enum class SearchDistribution {
  uniform,      // low, high
  quniform,     // low, high, step
  loguniform,   // low, high
  qloguniform,  // low, high, step
  randint,      // low, high: high itself is not drawn
  qrandint,     // low, high, step: high may be drawn
  lograndint,   // low, high: high itself is not drawn
  qlograndint,  // low, high, step: high may be drawn
  randn,        // mean, standard deviation
  qrandn,       // mean, standard deviation, step
  choice,       // any values
};
std::string to_string(SearchDistribution distribution);

/// One line of the search block: "agent.algorithm.gamma__uniform": [0.9, 0.999].
struct SearchDimension {
  std::string path;
  SearchDistribution distribution = SearchDistribution::uniform;
  std::vector<double> args;       ///< of all but choice
  std::vector<JsonNode> choices;  ///< of choice
  /// A path of SLM-Lab's own files from which nothing is read any more: a search leaves it out.
  bool inert = false;
};

/// Reads the `search` block of a whole spec. Call it when all else has been read: a path that nobody asked for, which
/// in SLM-Lab silently does nothing, is a problem.
std::vector<SearchDimension> read_search_space(SpecReader& spec);

}  // namespace slm
