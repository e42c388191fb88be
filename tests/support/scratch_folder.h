#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "slm_lab/base/error.h"

namespace slm {

/// A fresh empty folder for one test, gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "slm-lab-XXXXXX").string();
    ensure(::mkdtemp(name.data()) != nullptr, "no temporary folder");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace slm
