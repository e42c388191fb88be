#pragma once

#include <cstdint>
#include <vector>

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/memory/config.h"
#include "slm_lab/memory/sum_tree.h"

namespace slm {

class Archive;

/// Rows of a ring, drawn for training.
struct Draw {
  std::vector<std::int64_t> rows;
  Vector weights;                    // importance weights, at most 1; all 1 without priorities
  std::vector<std::uint8_t> forced;  // 1: not drawn, but put in because it is new (use_cer)
};

/// The rows of a ring of `max_size`: which is written next, and which are drawn: uniformly with replacement, or by
/// priority (prioritised replay, Schaul et al. 2016). Where the spec asks for it, a batch holds the newest step of each
/// environment that no batch held before, but never more than half of it (combined experience replay, Zhang and Sutton
/// 2017); what there is no room for is left to chance.
class RowSampler {
 public:
  RowSampler(const ReplayConfig& config, int num_envs);
  /// Bytes per row: a priority and its share of the tree's sums.
  static std::int64_t row_bytes(const ReplayConfig& config) { return config.prioritized() ? 10 : 0; }

  std::int64_t next_row() const { return num_added_ % config_.max_size; }
  void add();  ///< next_row() is written; it takes the highest priority given so far
  std::int64_t size() const { return std::min(num_added_, config_.max_size); }
  std::int64_t num_added() const { return num_added_; }  ///< since the start, overwritten ones included
  const ReplayConfig& config() const { return config_; }

  /// Rows, of weight 1.
  void draw(Rng& rng, Draw& out);
  /// Importance weights of the rows drawn; `beta` is their exponent. Apart from draw(), so that what the rows hold can
  /// be on its way meanwhile.
  void weigh(double beta, Draw& out) const;
  /// Priorities (|error| + epsilon)^alpha for the rows drawn; nothing without priorities.
  void update_priorities(const Draw& draw, const Eigen::Ref<const Vector>& errors);

  void serialize(Archive& archive);

 private:
  void put_in_newest(Draw& out);

  ReplayConfig config_;
  int num_envs_;
  std::int64_t num_added_ = 0;
  std::int64_t num_passed_ = 0;  // of them, how many were there at the last draw
  double max_priority_ = 1;
  SumTree tree_;
  std::vector<double> points_, priorities_;  // (batch_size)
};

}  // namespace slm
