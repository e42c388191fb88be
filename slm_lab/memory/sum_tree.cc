#include "slm_lab/memory/sum_tree.h"

#include "slm_lab/base/archive.h"
#include "slm_lab/base/huge_pages.h"

namespace slm {

SumTree::SumTree(std::int64_t size) {
  auto nodes = static_cast<std::size_t>(size);
  do {
    const std::size_t groups = (nodes + kChildren - 1) / kChildren;
    reserve_huge(levels_.emplace_back(), groups);
    levels_.back().resize(groups);
    nodes = groups;
  } while (nodes > 1);
  changed_.reserve(weights().size_bytes());
}

double SumTree::sum(const Group& g) { return ((g[0] + g[1]) + (g[2] + g[3])) + ((g[4] + g[5]) + (g[6] + g[7])); }

void SumTree::refresh(std::size_t level, std::size_t node) {
  levels_[level][node / kChildren][node % kChildren] = sum(levels_[level - 1][node]);
}

void SumTree::set(std::span<const std::int64_t> items, std::span<const double> weights) {
  const std::span<double> leaves = this->weights();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto item = static_cast<std::size_t>(items[i]);
    leaves[item] = weights[i];
    changed_.mark(item * sizeof(double), (item + 1) * sizeof(double));
  }
  std::size_t items_per_node = kChildren;
  for (std::size_t level = 1; level < levels_.size(); ++level, items_per_node *= kChildren) {
    const std::size_t nodes = levels_[level - 1].size();
    if (nodes <= items.size())
      for (std::size_t node = 0; node < nodes; ++node) refresh(level, node);
    else
      for (const std::int64_t item : items) refresh(level, static_cast<std::size_t>(item) / items_per_node);
  }
}

double SumTree::total() const { return sum(levels_.back().front()); }

// Without a branch that depends on the point, which would be mispredicted more often than not.
std::size_t SumTree::choose_child(const Group& group, double& point) {
  double before = 0, end = 0;
  std::size_t chosen = 0;
  for (const double weight : group) {
    end += weight;
    const bool passed = point >= end;
    chosen += passed ? 1 : 0;
    before = passed ? end : before;
  }
  if (chosen == kChildren) [[unlikely]] {  // rounding carried the point past all: the last one with weight
    while (chosen > 1 && group[chosen - 1] <= 0) --chosen;
    --chosen;
    before = end - group[chosen];
  }
  point -= before;
  return chosen;
}

void SumTree::find(std::span<double> points, std::span<std::int64_t> items) const {
  for (std::int64_t& item : items) item = 0;
  for (std::size_t level = levels_.size(); level-- > 0;)
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto node = static_cast<std::size_t>(items[i]);
      const std::size_t chosen = choose_child(levels_[level][node], points[i]);
      items[i] = static_cast<std::int64_t>(node * kChildren + chosen);
      if (level > 0) __builtin_prefetch(&levels_[level - 1][static_cast<std::size_t>(items[i])]);
    }
}

void SumTree::serialize(Archive& archive) {
  archive.large("weights", weights(), changed_);
  if (!archive.loading()) return;
  for (std::size_t level = 1; level < levels_.size(); ++level)
    for (std::size_t node = 0; node < levels_[level - 1].size(); ++node) refresh(level, node);
}

}  // namespace slm
