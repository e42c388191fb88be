#include "slm_lab/report/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/report/delimited.h"

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

}  // namespace

double as_in_csv(double value) {
  std::string text;
  append_number(value, /*counter=*/false, text);
  return text.empty() ? value : std::strtod(text.c_str(), nullptr);
}

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

void CsvFile::write(std::span<const SessionRow> rows) {
  const std::span<const SessionRow> fresh = rows.subspan(num_rows_);
  const auto is_new = [&](const Column& column) {
    return std::ranges::none_of(columns_, [&](const Column& old) { return old.name == column.name; });
  };
  if (num_rows_ == 0 || std::ranges::any_of(used_columns(fresh), is_new) || !file_exists(path_)) {
    columns_ = used_columns(rows);
    write_file_durably(path_, to_csv(rows));
  } else if (!fresh.empty()) {
    std::string text;
    for (const SessionRow& row : fresh) append_csv_line(row, columns_, text);
    Descriptor out(path_, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    out.write(std::as_bytes(std::span(text)));
    out.sync();
    out.close();
  }
  num_rows_ = rows.size();
}

std::vector<SessionRow> parse_csv(std::string_view text, const std::string& name) {
  std::vector<double SessionRow::*> targets;  // null: a column we do not know
  std::vector<SessionRow> rows;
  const auto header = [&](std::span<const std::string_view> names) {
    for (const std::string_view column : names) {
      const auto known = std::ranges::find(kColumns, column, &Column::name);
      targets.push_back(known == kColumns.end() ? nullptr : known->value);
    }
    if (std::count(targets.begin(), targets.end(), nullptr) == std::ssize(targets))
      throw Error(ExitCode::corrupt, fmt::format("{}:1: no column of a session_df (total_reward, frame, ...)", name));
  };
  read_delimited(text, name, header, [&](std::span<const double> numbers) {
    SessionRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (targets[i] != nullptr) row.*targets[i] = numbers[i];
  });
  return rows;
}

std::vector<SessionRow> read_csv(const std::filesystem::path& file) {
  return parse_csv(read_file(file), file.string());
}

std::optional<SessionRow> read_last_csv_row(const std::filesystem::path& file) {
  constexpr std::size_t kEnds = 16384;  // bytes: more than a header has, or two rows
  Descriptor in(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  std::string text(std::min<std::uint64_t>(in.size(), kEnds), '\0');
  text.resize(in.read(std::as_writable_bytes(std::span(text))));
  if (const std::uint64_t size = in.size(); size > text.size()) {
    std::string end(kEnds, '\0');
    in.seek(size - kEnds);
    end.resize(in.read(std::as_writable_bytes(std::span(end))));
    text = text.substr(0, text.find('\n') + 1) + end.substr(end.find('\n') + 1);
  }
  const std::size_t last = text.rfind('\n');  // what stands behind it is being written
  if (last == text.npos || last == 0) return std::nullopt;
  const std::size_t begin = text.rfind('\n', last - 1);
  if (begin == text.npos) return std::nullopt;  // the header alone
  const std::vector<SessionRow> rows =
      parse_csv(text.substr(0, text.find('\n') + 1) + text.substr(begin + 1, last - begin), file.string());
  return rows.empty() ? std::nullopt : std::optional(rows.back());
}

}  // namespace slm
