#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "slm_lab/search/scheduler.h"

namespace slm {

/// The median stopping rule (Golovin et al. 2017, "Google Vizier", section 3.2) as Ray Tune has it: a trial stops when
/// the best value it ever reported is below the median of the other trials' averages up to the same frame. Only trials
/// that have come at least as far count, from the grace period on, and there must be three of them.
class MedianStopping final : public Scheduler {
 public:
  MedianStopping(const SearchScheduler& spec, std::int64_t max_frame);
  Decision report(int trial, std::int64_t frame, double value) override;
  std::int64_t next_comparison(int) const override { return std::min(grace_period_, max_frame_); }
  std::vector<Rung> rungs() const override { return {}; }

 private:
  /// What a trial has reported from the grace period on: frames, and sums of the values until each.
  struct Reports {
    double best = -std::numeric_limits<double>::infinity();  // of all, also before
    std::int64_t last_frame = 0;
    std::vector<std::int64_t> frames = {};
    std::vector<double> sums = {};
  };
  static double average(const Reports& reports, std::int64_t frame);

  std::int64_t grace_period_, max_frame_;
  std::map<int, Reports> reports_;  // of each trial
};

}  // namespace slm
