#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/env/registry.h"

namespace slm {

/// Raw returns of whole fresh episodes; where an environment in Python sets no limit, of their first
/// kLongestUnlimitedEpisode steps.
struct Evaluation {
  std::vector<double> returns;
  double mean() const;
  double std() const;  ///< population; 0 for one episode
};

/// Plays `num_episodes` fresh episodes, each from a start of its own: some side by side until the longest has ended,
/// then the next ones. Statistics are frozen and the algorithm is not changed. `streams` seeds the environments and the
/// actions; `threads` (may be null) share the environments.
Evaluation evaluate(Algorithm& algorithm, const EnvConfig& config, double gamma, EnvStatistics& statistics,
                    const Streams& streams, int num_episodes, ActMode mode, ThreadPool* threads = nullptr);

/// Asked before every step of the environments: whether to stop.
using Stopped = std::function<bool()>;

/// The same, which ends without a result when it is stopped: it may take longer than a user waits.
std::optional<Evaluation> evaluate_unless(const Stopped& stopped, Algorithm& algorithm, const EnvConfig& config,
                                          double gamma, EnvStatistics& statistics, const Streams& streams,
                                          int num_episodes, ActMode mode, ThreadPool* threads = nullptr);

}  // namespace slm
