#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace slm {

/// A text of numbers: a line of names, then a line per row, fields between commas; `header` gets the first, `row` each
/// other. An empty field or a nan is NaN, an empty line nothing, and a last line without an end one that is being
/// written, which does not count yet. Throws Error(corrupt) naming `name` and the line when a field is no number or a
/// line is of another length than the first.
void read_delimited(std::string_view text, std::string_view name,
                    const std::function<void(std::span<const std::string_view>)>& header,
                    const std::function<void(std::span<const double>)>& row);

}  // namespace slm
