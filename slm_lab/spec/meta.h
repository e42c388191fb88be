#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "slm_lab/spec/reader.h"

namespace slm {

/// What meta.search_sampler may be; the first is the default.
inline constexpr std::array kSearchSamplers = {"tpe", "multivariate_tpe", "random", "sobol", "grid"};

/// meta.search_scheduler, in frames.
struct SearchScheduler {
  std::string name = "asha";      ///< or "median"
  std::int64_t grace_period = 1;  ///< the first rung: no trial stops before
  double reduction_factor = 4;    ///< spacing of the rungs, and the share 1/x that goes on at each
  int brackets = 1;
  std::optional<std::int64_t> max_t;  ///< the last rung; null: env.max_frame
};

/// meta.search_resources, of one trial.
struct SearchResources {
  double cpu = 1, gpu = 0;
};

struct MetaConfig {
  std::string distributed = "false";  ///< or "shared", "synced"
  int max_session = 1;
  std::optional<int> max_trial;
  std::int64_t log_frequency = 10000, eval_frequency = 10000;  ///< in frames
  int rigorous_eval = 0;                                       ///< episodes of an evaluation; 0: none
  std::int64_t seed = 0;
  bool tensorboard = true;
  std::string search_sampler = kSearchSamplers[0];
  SearchResources search_resources;
  std::optional<SearchScheduler> search_scheduler;
};
MetaConfig read_meta_config(SpecReader& r);

}  // namespace slm
