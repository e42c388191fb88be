#include "slm_lab/search/median_stopping.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace slm {
namespace {

constexpr std::size_t kLeastOthers = 3;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

MedianStopping::MedianStopping(const SearchScheduler& spec, std::int64_t max_frame)
    : grace_period_(spec.grace_period), max_frame_(spec.max_t.value_or(max_frame)) {}

/// Of the reports from the grace period to `frame`; NaN where there is none.
double MedianStopping::average(const std::vector<Report>& reports, std::int64_t frame) const {
  double sum = 0;
  int count = 0;
  for (const Report& report : reports) {
    if (report.frame < grace_period_ || report.frame > frame || std::isnan(report.value)) continue;
    sum += report.value;
    ++count;
  }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

Decision MedianStopping::report(int trial, std::int64_t frame, double value) {
  reports_[trial].push_back({frame, value});
  if (frame >= max_frame_) return {false, fmt::format("reached frame {}", max_frame_)};
  if (frame < grace_period_) return {};

  std::vector<double> averages;
  for (const auto& [other, reports] : reports_)
    if (other != trial && reports.back().frame >= frame)
      if (const double one = average(reports, frame); std::isfinite(one)) averages.push_back(one);
  if (averages.size() < kLeastOthers) return {};

  double best = -std::numeric_limits<double>::infinity();
  for (const Report& report : reports_[trial])
    if (report.value > best) best = report.value;
  const double middle = median(averages);
  if (!(best < middle)) return {};
  return {false, fmt::format("at best {:.4g} until frame {}, below {:.4g}: the median of {} other trials", best, frame,
                             middle, averages.size())};
}

}  // namespace slm
