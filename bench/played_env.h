#pragma once

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "slm_lab/env/registry.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm {

/// An environment with its defaults. Throws SpecError for a name that there is not.
inline EnvConfig default_env(std::string_view name) {
  const JsonNode node = parse_json(fmt::format(R"({{"name": "{}", "max_frame": 1}})", name), "bench");
  SpecReport report("bench");
  SpecReader reader(&node, "env", report);
  EnvConfig config = read_env_config(reader);
  report.throw_if_problems();
  return config;
}

/// Batches for `rows` environments that are played again and again, drawn within the bounds.
inline std::vector<Matrix> random_actions(const Space& space, int rows) {
  Rng rng(std::uint64_t{0});
  std::vector<Matrix> batches(256, Matrix(rows, space.size()));
  for (Matrix& batch : batches)
    for (Eigen::Index row = 0; row < batch.rows(); ++row)
      for (Eigen::Index i = 0; i < batch.cols(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        batch(row, i) = space.is_discrete() ? static_cast<float>(rng.integers(0, space.n))
                                            : static_cast<float>(rng.uniform(space.low[at], space.high[at]));
      }
  return batches;
}

}  // namespace slm
