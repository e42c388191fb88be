#include "slm_lab/search/median_stopping.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "slm_lab/base/quantile.h"

namespace slm {
namespace {

constexpr std::size_t kLeastOthers = 3;

}  // namespace

MedianStopping::MedianStopping(const SearchScheduler& spec, std::int64_t max_frame)
    : grace_period_(spec.grace_period), max_frame_(spec.max_t.value_or(max_frame)) {}

/// Of the reports until `frame`; NaN where there is none.
double MedianStopping::average(const Reports& reports, std::int64_t frame) {
  const auto count = std::ranges::upper_bound(reports.frames, frame) - reports.frames.begin();
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  return reports.sums[static_cast<std::size_t>(count - 1)] / static_cast<double>(count);
}

Decision MedianStopping::report(int trial, std::int64_t frame, double value) {
  Reports& its = reports_[trial];
  its.last_frame = frame;
  if (!std::isnan(value)) {
    its.best = std::max(its.best, value);
    if (frame >= grace_period_) {
      its.sums.push_back((its.sums.empty() ? 0 : its.sums.back()) + value);
      its.frames.push_back(frame);
    }
  }
  if (frame >= max_frame_) return {false, fmt::format("reached frame {}", max_frame_)};
  if (frame < grace_period_) return {};

  std::vector<double> averages;
  for (const auto& [other, reports] : reports_)
    if (other != trial && reports.last_frame >= frame)
      if (const double one = average(reports, frame); std::isfinite(one)) averages.push_back(one);
  if (averages.size() < kLeastOthers) return {};

  const double best = its.best;
  const double middle = median(averages);
  if (!(best < middle)) return {};
  return {false, fmt::format("at best {:.4g} until frame {}, below {:.4g}: the median of {} other trials", best, frame,
                             middle, averages.size())};
}

}  // namespace slm
