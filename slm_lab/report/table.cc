#include "slm_lab/report/table.h"

#include <algorithm>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr std::size_t kSpaces = 2;

std::size_t width_of(const std::string& text) {  // UTF-8: continuation bytes are 10xxxxxx
  return std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; });
}

void append_row(const std::vector<std::string>& fields, const std::vector<std::size_t>& widths, std::string& out) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t padding = widths[i] - width_of(fields[i]);
    if (i == 0)
      out.append(fields[i]).append(i + 1 < fields.size() ? padding : 0, ' ');
    else
      out.append(kSpaces + padding, ' ').append(fields[i]);
  }
  out.push_back('\n');
}

}  // namespace

std::string text_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& field : header) widths.push_back(width_of(field));
  for (const auto& row : rows) {
    ensure(row.size() == header.size(), "text_table: a row as long as the header");
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  append_row(header, widths, text);
  std::size_t total = kSpaces * (widths.size() - 1);
  for (const std::size_t width : widths) total += width;
  text.append(total, '-').push_back('\n');
  for (const auto& row : rows) append_row(row, widths, text);
  return text;
}

}  // namespace slm
