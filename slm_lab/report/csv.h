#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/report/record.h"

namespace slm {

/// session_df: a header, then one line per log point. Columns that no row has a value for are left out; a single
/// missing value is an empty field, as pandas writes it. Counters are whole numbers, all else the shortest text of its
/// float32.
std::string to_csv(std::span<const SessionRow> rows);

/// The file of a table that grows: each writing costs what is new. Rows reach it in their order and are on the disk;
/// one that is being written when the process is killed is the last and has no line end.
class CsvFile {
 public:
  explicit CsvFile(std::filesystem::path path) : path_(std::move(path)) {}
  /// The file holds exactly `rows`, of which those of the call before are the first.
  void write(std::span<const SessionRow> rows);

 private:
  std::filesystem::path path_;
  std::vector<Column> columns_;  // of the file
  std::size_t num_rows_ = 0;     // in the file, as written by this process
};

/// Reads what to_csv or SLM-Lab wrote; columns it does not know are skipped, as is a last line without an end. Throws
/// Error(io) when there is no such file, Error(corrupt) naming file and line when a field is no number or a line is of
/// another length.
std::vector<SessionRow> read_csv(const std::filesystem::path& file);
std::vector<SessionRow> parse_csv(std::string_view text, const std::string& name);
/// The last of them alone, at the cost of one; nothing where there is none.
std::optional<SessionRow> read_last_csv_row(const std::filesystem::path& file);

/// A value (of no counter) as it comes back from the file.
double as_in_csv(double value);

/// The header and the lines on their own, for a file that grows line by line.
std::string csv_header(std::span<const Column> columns);
void append_csv_line(const SessionRow& row, std::span<const Column> columns, std::string& out);
/// Those of kColumns that are not optional, or that some row has a value for.
std::vector<Column> used_columns(std::span<const SessionRow> rows);

}  // namespace slm
