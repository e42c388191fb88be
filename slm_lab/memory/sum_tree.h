#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "slm_lab/base/changed_blocks.h"

namespace slm {

class Archive;

/// Non-negative weights with their total, and the item at any point of it, both in a few cache lines: every node has
/// eight children, side by side in one line. Sums are recomputed, never adjusted, so they depend on the weights alone.
class SumTree {
 public:
  explicit SumTree(std::int64_t size);

  void set(std::int64_t item, double weight) { set({&item, 1}, {&weight, 1}); }
  /// In this order: of an item that is named twice, the last weight counts.
  void set(std::span<const std::int64_t> items, std::span<const double> weights);
  double get(std::int64_t item) const { return weights()[static_cast<std::size_t>(item)]; }
  double total() const;
  /// items[i] is the item whose stretch of [0, total) holds points[i], items in order; never one of weight 0.
  /// Overwrites `points`. All at once, level by level, so that the waits for memory overlap.
  void find(std::span<double> points, std::span<std::int64_t> items) const;

  std::span<const double> weights() const {
    return {levels_.front().front().data(), levels_.front().size() * kChildren};
  }
  void serialize(Archive& archive);

 private:
  std::span<double> weights() { return {levels_.front().front().data(), levels_.front().size() * kChildren}; }
  static constexpr std::size_t kChildren = 8;
  struct alignas(64) Group : std::array<double, kChildren> {};
  static double sum(const Group& group);
  /// The child at `point` of the group, which becomes the point within the child.
  static std::size_t choose_child(const Group& group, double& point);
  void refresh(std::size_t level, std::size_t node);  // the sum of a node above the leaves

  std::vector<std::vector<Group>> levels_;  // leaves first; the last level is one group
  ChangedBlocks changed_;                   // of the leaves, since the last checkpoint
};

}  // namespace slm
