#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "slm_lab/base/build_info.h"

namespace slm {

/// A Python with Gymnasium: that of setup/python.sh, which tests have; "" where there is none.
inline std::string gymnasium_python() {
  const std::filesystem::path venv = source_dir() + "/.deps/venv";
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator(venv / "lib", none))
    if (std::filesystem::exists(version.path() / "site-packages/gymnasium", none)) return venv / "bin/python";
  return "";
}

inline constexpr const char* kNoGymnasium = "no Gymnasium in Python: run setup/python.sh";

inline std::string odd_module() { return source_dir() + "/tests/support/gymnasium/odd.py"; }

}  // namespace slm
