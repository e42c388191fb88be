#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "slm_lab/base/error.h"
#include "slm_lab/search/samplers.h"
#include "slm_lab/search/scale.h"

namespace slm {
namespace {

/// Every combination once, in the order of the file, the last dimension turning fastest. Those that are not legal are
/// passed over.
class GridSampler final : public Sampler {
 public:
  explicit GridSampler(std::vector<std::vector<double>> numbers) : numbers_(std::move(numbers)) {}

  std::optional<SearchPoint> sample(int, int attempt, std::span<const PastTrial> past) const override {
    std::set<SearchPoint> tried;
    for (const PastTrial& trial : past) tried.insert(trial.parameters);
    std::vector<std::size_t> at(numbers_.size());
    int untried = 0;
    do {
      SearchPoint point;
      for (std::size_t d = 0; d < at.size(); ++d) point.push_back(numbers_[d][at[d]]);
      if (!tried.contains(point) && untried++ == attempt) return point;
    } while (turn(at));
    return std::nullopt;
  }

 private:
  bool turn(std::vector<std::size_t>& at) const {
    for (std::size_t d = at.size(); d-- > 0;) {
      if (++at[d] < numbers_[d].size()) return true;
      at[d] = 0;
    }
    return false;
  }

  std::vector<std::vector<double>> numbers_;  // of each dimension
};

}  // namespace

std::unique_ptr<Sampler> make_grid_sampler(const std::vector<SearchDimension>& space, std::uint64_t) {
  std::vector<std::vector<double>> numbers;
  for (const SearchDimension& dimension : space) {
    std::vector<double>& of_dimension = numbers.emplace_back();
    if (dimension.distribution == SearchDistribution::choice) {
      for (std::size_t i = 0; i < dimension.choices.size(); ++i) of_dimension.push_back(static_cast<double>(i));
      continue;
    }
    const Scale scale = scale_of(dimension);
    const auto count = scale.count();
    if (!count || *count > kMostGridNumbers)
      throw SpecError(fmt::format(
          "search.{}__{}: a grid cannot list {}; list the values with __choice, give them a step (__quniform, "
          "__qrandint), or set meta.search_sampler to tpe, random or sobol",
          dimension.path, to_string(dimension.distribution),
          count ? fmt::format("{} numbers (at most {})", *count, kMostGridNumbers) : "real numbers"));
    for (std::int64_t i = 0; i < *count; ++i) of_dimension.push_back(scale.at_index(i));
  }
  return std::make_unique<GridSampler>(std::move(numbers));
}

}  // namespace slm
