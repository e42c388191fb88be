#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "slm_lab/search/scheduler.h"

namespace slm {

/// One bracket of asynchronous successive halving (Li et al. 2020, "A System for Massively Parallel Hyperparameter
/// Tuning", algorithm 2 in the stopping variant that Ray Tune's AsyncHyperBandScheduler runs): rungs at
/// grace_period * reduction_factor^(k + skipped) frames. A trial is measured once at each rung, by its first report
/// from there on, against those that came before it, and stops below their (1 - 1/reduction_factor) quantile.
class AshaBracket {
 public:
  AshaBracket(double grace_period, double max_frame, double reduction_factor, int skipped);
  Decision report(int trial, std::int64_t frame, double value);
  /// The lowest rung at which the trial was not measured; nothing when it was at all of them.
  std::optional<std::int64_t> next_comparison(int trial) const;
  int num_rungs() const { return static_cast<int>(rungs_.size()); }
  std::vector<Rung> rungs() const;

 private:
  struct Measured {
    double frame;
    std::int64_t first_frame() const { return static_cast<std::int64_t>(std::ceil(frame)); }
    std::set<int> trials = {};
    std::vector<double> values = {};  ///< of those that have one, in order
    int stopped = 0;
  };
  double reduction_factor_;
  std::vector<Measured> rungs_;  // the highest first
};

class Asha final : public Scheduler {
 public:
  Asha(const SearchScheduler& spec, std::int64_t max_frame, std::uint64_t seed);
  Decision report(int trial, std::int64_t frame, double value) override;
  std::int64_t next_comparison(int trial) const override;
  std::vector<Rung> rungs() const override;
  /// Drawn by the trial's number, with chances exp(rungs of the bracket), as Ray Tune does.
  int bracket_of(int trial) const;

 private:
  std::int64_t max_frame_;
  std::uint64_t seed_;
  std::vector<AshaBracket> brackets_;
};

}  // namespace slm
