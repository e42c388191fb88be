#include "slm_lab/base/find_program.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace slm {

std::filesystem::path find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    std::filesystem::path program = std::filesystem::path(folder) / name;
    std::error_code none;
    if (!folder.empty() && access(program.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(program, none))
      return program;
  }
  return {};
}

}  // namespace slm
