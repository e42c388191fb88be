#include "slm_lab/report/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"

namespace slm {
namespace {

void append_number(double value, bool counter, std::string& out) {
  const auto at = std::back_inserter(out);
  if (std::isnan(value)) return;
  if (counter)
    fmt::format_to(at, "{}", static_cast<std::int64_t>(value));  // float32 would lose counts above 16,777,216
  else
    fmt::format_to(at, "{}", static_cast<float>(value));
}

double parse_number(std::string_view field, const std::string& name, std::size_t line) {
  if (field.empty() || field == "nan" || field == "NaN") return SessionRow::kNone;
  double value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc() || stop != end)
    throw Error(ExitCode::corrupt, fmt::format("{}:{}: \"{}\" is not a number", name, line, field));
  return value;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
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

std::string csv_header(std::span<const Column> columns) {
  std::string line;
  for (const Column& column : columns) line.append(line.empty() ? "" : ",").append(column.name);
  return line + "\n";
}

void append_csv_line(const SessionRow& row, std::span<const Column> columns, std::string& out) {
  for (const Column& column : columns) {
    append_number(row.*column.value, column.counter, out);
    out.push_back(',');
  }
  out.back() = '\n';
}

std::vector<Column> used_columns(std::span<const SessionRow> rows) {
  std::vector<Column> used;
  for (const Column& column : kColumns)
    if (!column.optional ||
        std::any_of(rows.begin(), rows.end(), [&](const SessionRow& row) { return !std::isnan(row.*column.value); }))
      used.push_back(column);
  return used;
}

std::string to_csv(std::span<const SessionRow> rows) {
  const std::vector<Column> columns = used_columns(rows);
  std::string text = csv_header(columns);
  for (const SessionRow& row : rows) append_csv_line(row, columns, text);
  return text;
}

std::vector<SessionRow> parse_csv(std::string_view text, const std::string& name) {
  std::vector<double SessionRow::*> targets;  // null: a column we do not know
  for (const std::string_view field : split(take_line(text))) {
    const auto known =
        std::find_if(kColumns.begin(), kColumns.end(), [&](const Column& column) { return column.name == field; });
    targets.push_back(known == kColumns.end() ? nullptr : known->value);
  }
  if (std::count(targets.begin(), targets.end(), nullptr) == std::ssize(targets))
    throw Error(ExitCode::corrupt, fmt::format("{}:1: no column of a session_df (total_reward, frame, ...)", name));

  std::vector<SessionRow> rows;
  for (std::size_t line = 2; !text.empty(); ++line) {
    const auto fields = split(take_line(text));
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (fields.size() != targets.size())
      throw Error(ExitCode::corrupt,
                  fmt::format("{}:{}: {} fields where the header has {}", name, line, fields.size(), targets.size()));
    SessionRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (const double value = parse_number(fields[i], name, line); targets[i] != nullptr) row.*targets[i] = value;
  }
  return rows;
}

std::vector<SessionRow> read_csv(const std::filesystem::path& file) {
  return parse_csv(read_file(file), file.string());
}

}  // namespace slm
