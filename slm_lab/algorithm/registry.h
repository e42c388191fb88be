#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/algorithm/plan.h"

namespace slm {

struct Space;

/// One algorithm that a spec may name: its name, how its settings are read, and the facts that tables and pages need.
struct AlgorithmEntry {
  enum class ActionKind { any, discrete, continuous };

  std::string_view name;
  std::unique_ptr<const AlgorithmPlan> (*read)(AgentReader& agent);
  ActionKind actions;
  std::vector<std::string>
      columns;  ///< its own columns of session_df, in order: explore_var, entropy_coef, clip_eps, ...

  bool takes(const Space& action_space) const;  ///< whether it acts in it
};

const std::vector<AlgorithmEntry>& algorithm_table();
const AlgorithmEntry* find_algorithm(std::string_view name);  ///< nullptr when unknown

}  // namespace slm
