#pragma once

#include <cstdint>
#include <vector>

namespace slm {

/// Non-negative weights with their total, and the item at any point of it, both in a few cache lines: every node has
/// eight children, side by side in one line. Sums are recomputed, never adjusted, so they depend on the weights alone.
class SumTree {
 public:
  explicit SumTree(std::int64_t size);

  void set(std::int64_t item, double weight);
  double get(std::int64_t item) const { return levels_.front()[static_cast<std::size_t>(item)]; }
  double total() const;
  /// The item whose stretch of [0, total) holds `point`, items in order; never one of weight 0.
  std::int64_t find(double point) const;

  std::vector<double>& weights() { return levels_.front(); }  ///< after changes of it: rebuild()
  void rebuild();

 private:
  static constexpr std::size_t kChildren = 8;
  double sum_of_children(std::size_t level, std::size_t node) const;

  std::vector<std::vector<double>> levels_;  // leaves first; the last level has at most eight nodes
};

}  // namespace slm
