#pragma once

#include <span>
#include <string_view>

namespace slm {

/// A file of the page, which is part of the program.
struct PageFile {
  std::string_view path;
  const char* type;
  std::string_view text;
};

std::span<const PageFile> page_files();

}  // namespace slm
