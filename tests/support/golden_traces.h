#pragma once

// What Gymnasium itself did (tests/golden): arrays of numbers, and what meta.json says of them.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "slm_lab/base/build_info.h"

namespace slm {

/// SLM_GOLDEN may name another folder of the same form, with other or longer traces.
inline std::filesystem::path golden_folder(const std::string& name) {
  const char* other = std::getenv("SLM_GOLDEN");
  return (other ? std::filesystem::path(other) : std::filesystem::path(source_dir()) / "tests/golden") / name;
}

template <class T>
std::vector<T> read_golden(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

/// Row `index` of an array whose rows are `width` wide.
template <class T>
std::vector<T> golden_row(const std::vector<T>& array, std::size_t index, std::size_t width) {
  const auto first = array.begin() + static_cast<std::ptrdiff_t>(index * width);
  return {first, first + static_cast<std::ptrdiff_t>(width)};
}

inline unsigned __int128 from_golden_hex(const std::string& text) {
  unsigned __int128 value = 0;
  for (const char c : text.substr(2)) value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  return value;
}

}  // namespace slm
