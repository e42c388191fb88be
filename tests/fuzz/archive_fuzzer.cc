// Any bytes as an archive: read whole or refused with Error(corrupt), never anything else.
#include <cstdint>
#include <fstream>
#include <string>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "tests/support/scratch_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const slm::ScratchFolder folder;
  static const std::string file = folder / "archive";
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    slm::Archive archive = slm::Archive::read(file);
    for (const auto& [name, array] : archive.arrays())
      if (array.bytes.size() > size) __builtin_trap();
  } catch (const slm::Error& error) {
    if (error.code() != slm::ExitCode::corrupt) __builtin_trap();
  }
  return 0;
}
