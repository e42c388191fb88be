// Any text as the header of a safetensors file; what is accepted comes back the same from what we would write.
#include <cstdint>
#include <string_view>

#include "slm_lab/base/error.h"
#include "slm_lab/base/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::uint64_t data_size = data[0];
  try {
    const slm::SafetensorsHeader header = slm::parse_safetensors_header(text, data_size);
    const slm::SafetensorsHeader again = slm::parse_safetensors_header(slm::to_json(header), data_size);
    if (again.metadata != header.metadata || again.tensors.size() != header.tensors.size()) __builtin_trap();
  } catch (const slm::Error& error) {
    if (error.code() != slm::ExitCode::corrupt) __builtin_trap();
  }
  return 0;
}
