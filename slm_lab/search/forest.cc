#include "slm_lab/search/forest.h"

#include <algorithm>
#include <limits>

namespace slm {
namespace {

using Rows = std::vector<const Observation*>;

/// A question whose answer yes sends an observation to the first of two branches.
struct Split {
  std::size_t dimension = 0;
  double threshold = 0;                                           // of a number: below it; of a choice: this one
  double squares_left = std::numeric_limits<double>::infinity();  // the sum of squared deviations in both branches
};

/// Sums of values, from which follows how far they lie from their mean.
struct Moments {
  double count = 0, sum = 0, squares = 0;
  void add(double value) {
    count += 1;
    sum += value;
    squares += value * value;
  }
  double deviation() const { return count > 0 ? squares - sum * sum / count : 0; }
  friend Moments operator-(const Moments& a, const Moments& b) {
    return {a.count - b.count, a.sum - b.sum, a.squares - b.squares};
  }
};

class Tree {
 public:
  explicit Tree(std::span<const int> num_choices) : num_choices_(num_choices) {}

  void grow(Rows rows, Leaf leaf) {
    Moments all;
    for (const Observation* row : rows) all.add(row->value);
    leaf.value = all.sum / all.count;
    const Split split = best_split(rows, all);
    if (!(split.squares_left < std::numeric_limits<double>::infinity())) {
      leaves_.push_back(std::move(leaf));
      return;
    }
    const std::size_t d = split.dimension;
    const auto middle = std::partition(rows.begin(), rows.end(), [&](const Observation* row) {
      return num_choices_[d] > 0 ? row->at[d] == split.threshold : row->at[d] < split.threshold;
    });
    Leaf other = leaf;
    if (num_choices_[d] > 0) {
      const auto chosen = static_cast<std::size_t>(split.threshold);
      other.extents[d].choices[chosen] = false;
      leaf.extents[d].choices.assign(leaf.extents[d].choices.size(), false);
      leaf.extents[d].choices[chosen] = true;
    } else {
      leaf.extents[d].high = other.extents[d].low = split.threshold;
    }
    grow({rows.begin(), middle}, std::move(leaf));
    grow({middle, rows.end()}, std::move(other));
  }

  std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  /// Nothing to split, squares_left infinite, where all values or all places are the same.
  Split best_split(const Rows& rows, const Moments& all) const {
    Split best;
    if (std::ranges::all_of(rows, [&](const Observation* row) { return row->value == rows[0]->value; })) return best;
    for (std::size_t d = 0; d < num_choices_.size(); ++d)
      num_choices_[d] > 0 ? try_choices(rows, all, d, best) : try_numbers(rows, all, d, best);
    return best;
  }

  void try_numbers(Rows rows, const Moments& all, std::size_t d, Split& best) const {
    std::ranges::sort(rows, {}, [d](const Observation* row) { return row->at[d]; });
    Moments below;
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
      below.add(rows[i]->value);
      const double here = rows[i]->at[d], next = rows[i + 1]->at[d];
      if (here == next) continue;
      const double squares = below.deviation() + (all - below).deviation();
      if (squares < best.squares_left) best = {d, (here + next) / 2, squares};
    }
  }

  void try_choices(const Rows& rows, const Moments& all, std::size_t d, Split& best) const {
    std::vector<Moments> of_choice(static_cast<std::size_t>(num_choices_[d]));
    for (const Observation* row : rows) of_choice[static_cast<std::size_t>(row->at[d])].add(row->value);
    for (std::size_t choice = 0; choice < of_choice.size(); ++choice) {
      const Moments& its = of_choice[choice];
      if (its.count == 0 || its.count == all.count) continue;
      const double squares = its.deviation() + (all - its).deviation();
      if (squares < best.squares_left) best = {d, static_cast<double>(choice), squares};
    }
  }

  std::span<const int> num_choices_;
  std::vector<Leaf> leaves_;
};

}  // namespace

double Extent::size() const {
  if (choices.empty()) return high - low;
  return static_cast<double>(std::ranges::count(choices, true)) / static_cast<double>(choices.size());
}

std::vector<Leaf> grow_tree(std::span<const Observation> observations, std::span<const int> num_choices, Rng& rng) {
  Rows rows;
  for (std::size_t i = 0; i < observations.size(); ++i)
    rows.push_back(&observations[static_cast<std::size_t>(rng.integers(0, std::ssize(observations)))]);
  Leaf all;
  for (const int count : num_choices)
    all.extents.push_back({0, 1, std::vector<bool>(static_cast<std::size_t>(count), true)});
  Tree tree(num_choices);
  tree.grow(std::move(rows), std::move(all));
  return tree.take();
}

}  // namespace slm
