#include "slm_lab/memory/sum_tree.h"

#include <algorithm>

namespace slm {

SumTree::SumTree(std::int64_t size) {
  auto nodes = static_cast<std::size_t>(size);
  for (;;) {
    const std::size_t groups = (nodes + kChildren - 1) / kChildren;
    levels_.emplace_back(groups * kChildren, 0.0);
    if (groups <= 1) break;
    nodes = groups;
  }
}

double SumTree::sum_of_children(std::size_t level, std::size_t node) const {
  const double* child = levels_[level].data() + node * kChildren;
  return ((child[0] + child[1]) + (child[2] + child[3])) + ((child[4] + child[5]) + (child[6] + child[7]));
}

void SumTree::set(std::int64_t item, double weight) {
  auto node = static_cast<std::size_t>(item);
  levels_.front()[node] = weight;
  for (std::size_t level = 1; level < levels_.size(); ++level) {
    node /= kChildren;
    levels_[level][node] = sum_of_children(level - 1, node);
  }
}

double SumTree::total() const { return sum_of_children(levels_.size() - 1, 0); }

std::int64_t SumTree::find(double point) const {
  std::size_t node = 0;
  for (std::size_t level = levels_.size(); level-- > 0;) {
    const double* child = levels_[level].data() + node * kChildren;
    std::size_t chosen = 0;
    for (std::size_t c = 0; c < kChildren; ++c) {
      if (child[c] <= 0) continue;
      chosen = c;  // where rounding carries the point past the last child, the last one with weight
      if (point < child[c]) break;
      point -= child[c];
    }
    node = node * kChildren + chosen;
  }
  return static_cast<std::int64_t>(node);
}

void SumTree::rebuild() {
  for (std::size_t level = 1; level < levels_.size(); ++level)
    for (std::size_t node = 0; node * kChildren < levels_[level - 1].size(); ++node)
      levels_[level][node] = sum_of_children(level - 1, node);
}

}  // namespace slm
