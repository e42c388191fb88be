#include "slm_lab/dashboard/series.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr std::size_t kReadBytes = 1u << 20;

double number_of(std::string_view field) {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::from_chars(field.data(), field.data() + field.size(), value);
  return value;
}

}  // namespace

void Series::start_anew() { *this = Series(std::move(file_), std::move(x_name_), std::move(y_name_)); }

void Series::update() {
  Descriptor in(file_, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  const std::uint64_t size = in.size();
  struct stat facts {};
  const std::uint64_t inode = fstat(in.number(), &facts) == 0 ? facts.st_ino : 0;
  std::string text(last_line_.size(), '\0');
  if (inode == inode_ && size >= offset_ && offset_ > 0) {
    in.seek(offset_ - last_line_.size());
    text.resize(in.read(std::as_writable_bytes(std::span(text))));
  }
  if (inode != inode_ || size < offset_ || text != last_line_) {  // a run that went on from a checkpoint cuts its table
    start_anew();
    inode_ = inode;
  }
  in.seek(offset_);
  text.clear();
  for (;;) {
    const std::size_t rest = text.size();  // of a line that is not whole
    text.resize(rest + kReadBytes);
    const std::size_t got = in.read(std::as_writable_bytes(std::span(text).subspan(rest)));
    text.resize(rest + got);
    const std::size_t end = text.rfind('\n') + 1;  // 0: none
    take_up(std::string_view(text).substr(0, end));
    offset_ += end;
    text.erase(0, end);
    if (got < kReadBytes) return;
  }
}

void Series::take_up(std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (line.size() + 1 == lines.size()) last_line_ = lines;
    lines.remove_prefix(line.size() + 1);
    double x = std::numeric_limits<double>::quiet_NaN(), y = x;
    std::size_t column = 0;
    for (std::size_t begin = 0; begin <= line.size(); ++column) {
      const std::size_t end = std::min(line.find(',', begin), line.size());
      const std::string_view field = line.substr(begin, end - begin);
      begin = end + 1;
      if (!has_columns_) {
        columns_.emplace_back(field);
      } else {
        if (column == x_column_) x = number_of(field);
        if (column == y_column_) y = number_of(field);
        if (column >= x_column_ && column >= y_column_) break;
      }
    }
    if (!has_columns_) {
      has_columns_ = true;
      if (!columns_.back().empty() && columns_.back().back() == '\r') columns_.back().pop_back();
      x_column_ = static_cast<std::size_t>(std::ranges::find(columns_, x_name_) - columns_.begin());
      y_column_ = static_cast<std::size_t>(std::ranges::find(columns_, y_name_) - columns_.begin());
      if (x_column_ == columns_.size())
        throw Error(ExitCode::corrupt, fmt::format("{}:1: no column {}", file_.string(), x_name_));
    } else if (std::isfinite(x) && std::isfinite(y) && (x_.empty() || x >= x_.back())) {
      x_.push_back(x);
      y_.push_back(static_cast<float>(y));
    }
  }
}

std::vector<std::size_t> points_to_draw(const std::vector<double>& x, const std::vector<float>& y, double from,
                                        double to, std::size_t columns) {
  auto begin = static_cast<std::size_t>(std::ranges::lower_bound(x, from) - x.begin());
  auto end = static_cast<std::size_t>(std::ranges::upper_bound(x, to) - x.begin());
  begin -= begin > 0 ? 1 : 0;
  end += end < x.size() ? 1 : 0;
  std::vector<std::size_t> points;
  if (end <= begin) return points;
  if (end - begin <= 2 * columns) {
    for (std::size_t i = begin; i < end; ++i) points.push_back(i);
    return points;
  }
  const double left = std::max(from, x[begin]), width = std::min(to, x[end - 1]) - left;
  const auto column_of = [&](std::size_t i) {
    const double share = width > 0 ? std::clamp((x[i] - left) / width, 0.0, 1.0) : 0;
    return std::min(columns - 1, static_cast<std::size_t>(share * static_cast<double>(columns)));
  };
  points.push_back(begin);
  for (std::size_t i = begin + 1; i + 1 < end;) {
    std::size_t low = i, high = i;
    const std::size_t column = column_of(i);
    for (; i + 1 < end && column_of(i) == column; ++i) {
      if (y[i] < y[low]) low = i;
      if (y[i] > y[high]) high = i;
    }
    points.push_back(std::min(low, high));
    if (low != high) points.push_back(std::max(low, high));
  }
  points.push_back(end - 1);
  return points;
}

}  // namespace slm
