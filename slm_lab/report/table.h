#pragma once

#include <string>
#include <vector>

namespace slm {

/// A table in plain text: a header, a rule, the rows; the first column to the left, the others to the right. Columns
/// are as wide as their widest field, counted in characters, not bytes. Every row has as many fields as the header.
std::string text_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

}  // namespace slm
