#pragma once

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace slm {

// What Gymnasium's traces in tests/golden are made of: raw little-endian arrays without a header.

template <class T>
std::vector<T> read_array(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

inline unsigned __int128 from_hex(const std::string& text) {
  unsigned __int128 value = 0;
  for (const char c : text.substr(2)) value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  return value;
}

template <class T>
std::vector<T> row(const std::vector<T>& array, std::size_t index, std::size_t width) {
  const auto first = array.begin() + static_cast<std::ptrdiff_t>(index * width);
  return {first, first + static_cast<std::ptrdiff_t>(width)};
}

}  // namespace slm
