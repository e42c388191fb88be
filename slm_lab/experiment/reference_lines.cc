#include "slm_lab/experiment/reference_lines.h"

#include <cmath>

#include "slm_lab/env/registry.h"

namespace slm {

ReferenceLine target_line(const BenchmarkEnv& env) { return {env.target, env.by_d100 ? "target of D-100" : "target"}; }

std::vector<ReferenceLine> reference_lines(const std::string& env) {
  std::vector<ReferenceLine> lines;
  if (const EnvEntry* entry = find_env(env); entry != nullptr && !std::isnan(entry->reward_threshold))
    lines.push_back({entry->reward_threshold, "solved"});
  if (const BenchmarkEnv* row = find_benchmark_env(env)) lines.push_back(target_line(*row));
  return lines;
}

}  // namespace slm
