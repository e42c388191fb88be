#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slm {

/// The JSON header of a safetensors file: {"name": {"dtype", "shape", "data_offsets"}, ..., "__metadata__": {strings}}.
struct SafetensorsHeader {
  struct Tensor {
    std::string name, dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0, end = 0;  // bytes, counted from the end of the header
  };
  std::vector<Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

std::size_t dtype_size(std::string_view dtype);  ///< in bytes; 0 for a dtype we do not know

/// The header's JSON, padded with spaces to a multiple of 8 bytes.
std::string to_json(const SafetensorsHeader& header);

/// Strict: throws Error(corrupt), whose text does not name the file, for anything that is not exactly a header whose
/// tensors fill `data_size` bytes without a hole or an overlap. The tensors are returned in the order of their data.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_size);

}  // namespace slm
