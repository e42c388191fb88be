#pragma once

#include <sstream>
#include <string>

namespace slm {

/// A page of Markdown without what stands in fences: examples and equations.
inline std::string prose(const std::string& page) {
  std::istringstream lines(page);
  std::string line, text;
  for (bool fenced = false; std::getline(lines, line);) {
    const bool fence = line.starts_with("```");
    if (!fenced && !fence) text += line + "\n";
    fenced ^= fence;
  }
  return text;
}

}  // namespace slm
