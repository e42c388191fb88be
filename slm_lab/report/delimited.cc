#include "slm_lab/report/delimited.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <vector>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

double parse_number(std::string_view field, std::string_view name, std::size_t line) {
  if (field.empty() || field == "nan" || field == "NaN") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc() || stop != end)
    throw Error(ExitCode::corrupt, fmt::format("{}:{}: \"{}\" is not a number", name, line, field));
  return value;
}

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

/// The next line of `text` without its end; moves `text` past it.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

void read_delimited(std::string_view text, std::string_view name,
                    const std::function<void(std::span<const std::string_view>)>& header,
                    const std::function<void(std::span<const double>)>& row) {
  const std::size_t end = text.rfind('\n');
  text = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
  std::vector<std::string_view> fields;
  split(take_line(text), fields);
  header(fields);
  std::vector<double> numbers(fields.size());
  for (std::size_t line = 2; !text.empty(); ++line) {
    split(take_line(text), fields);
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (fields.size() != numbers.size())
      throw Error(ExitCode::corrupt,
                  fmt::format("{}:{}: {} fields where the header has {}", name, line, fields.size(), numbers.size()));
    for (std::size_t i = 0; i < fields.size(); ++i) numbers[i] = parse_number(fields[i], name, line);
    row(numbers);
  }
}

}  // namespace slm
