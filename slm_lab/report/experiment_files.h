#pragma once

#include <span>
#include <string>
#include <vector>

#include "slm_lab/report/metrics.h"

namespace slm {

/// A trial of a search as its tables show it.
struct ExperimentTrial {
  int trial = 0;
  std::vector<std::string> values;  ///< of the searched parameters, as JSON, in the order of their names
  std::string state;                ///< complete, stopped, failed, running
  std::string reason;               ///< why it was stopped or failed
  TrialMetrics metrics;             ///< no numbers where it has none
};

// The files that a search leaves in info/, with SLM-Lab's columns and keys, then state and reason. `names` are the
// dotted paths of the searched parameters.

/// {name}_experiment_df.csv: the strongest trial first, those without a number last.
std::string experiment_df_csv(std::span<const std::string> names, std::span<const ExperimentTrial> trials);

/// {name}_trial_data_dict.json: {"0": {parameters, metrics}}, by trial.
std::string trial_data_dict_json(std::span<const std::string> names, std::span<const ExperimentTrial> trials);

/// What a search ends with on the terminal: the `num_best` trials with the highest total_reward_ma and the failed ones,
/// with 95 % intervals of the mean where trials have several sessions.
std::string experiment_table(std::span<const std::string> names, std::span<const ExperimentTrial> trials,
                             std::size_t num_best);

/// As few last words of each dotted path as tell it from the others: gamma, actor_optim_spec.lr.
std::vector<std::string> short_names(std::span<const std::string> paths);

/// Whether it can be the best: it has not failed and has a total_reward_ma.
bool has_score(const ExperimentTrial& trial);
/// Whether a trial counts before another: by total_reward_ma; those without a score come last, of equal ones the later.
bool is_better(const ExperimentTrial& a, const ExperimentTrial& b);

}  // namespace slm
