#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace slm {

/// Two columns of a session's table as a curve. It follows the file: what has been read is not read again.
class Series {
 public:
  Series(std::filesystem::path file, std::string x_name, std::string y_name)
      : file_(std::move(file)), x_name_(std::move(x_name)), y_name_(std::move(y_name)) {}

  /// Reads what has come since. Throws Error(io) where there is no such file, Error(corrupt) where it is no table.
  void update();

  const std::vector<double>& x() const { return x_; }  ///< never falls
  const std::vector<float>& y() const { return y_; }
  const std::vector<std::string>& columns() const { return columns_; }

 private:
  void start_anew();
  void take_up(std::string_view lines);

  std::filesystem::path file_;
  std::string x_name_, y_name_;
  std::uint64_t inode_ = 0, offset_ = 0;
  std::string last_line_;  // with its end: where it is no longer there, the file is another
  std::vector<std::string> columns_;
  std::size_t x_column_ = 0, y_column_ = 0;
  bool has_columns_ = false;
  std::vector<double> x_;
  std::vector<float> y_;
};

/// Which points of a curve to draw between `from` and `to`, and one on either side, in at most 2 · `columns` + 4: all,
/// or of each column of the picture the lowest and the highest. No peak is lost.
std::vector<std::size_t> points_to_draw(const std::vector<double>& x, const std::vector<float>& y, double from,
                                        double to, std::size_t columns);

}  // namespace slm
