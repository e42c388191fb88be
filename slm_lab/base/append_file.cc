#include "slm_lab/base/append_file.h"

#include <fmt/format.h>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr std::size_t kBuffer = 1 << 16;  // bytes

}  // namespace

AppendFile::AppendFile(const std::filesystem::path& path)
    : file_(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC), flushed_(file_.size()) {}

AppendFile::~AppendFile() {
  try {
    if (!broken_) flush();
  } catch (const Error&) {  // a destructor has nobody to tell; flush() has
  }
}

void AppendFile::append(std::string_view text) {
  check_usable();
  buffer_.append(text);
  if (buffer_.size() >= kBuffer) flush();
}

void AppendFile::flush() {
  check_usable();
  try {
    file_.write(std::as_bytes(std::span(buffer_)));
  } catch (const Error&) {
    broken_ = true;
    file_.truncate(flushed_);  // takes back what was written of the buffer
    broken_ = false;
    throw;
  }
  flushed_ += buffer_.size();
  buffer_.clear();
}

void AppendFile::sync() {
  flush();
  broken_ = true;
  file_.sync();
  broken_ = false;
}

void AppendFile::truncate_to(std::uint64_t offset) {
  flush();
  if (offset > flushed_)
    throw Error(ExitCode::corrupt,
                fmt::format("{}: holds {} bytes, expected at least {}", file_.path().string(), flushed_, offset));
  file_.truncate(offset);
  flushed_ = offset;
}

void AppendFile::check_usable() const {
  if (broken_) throw Error(ExitCode::io, fmt::format("{}: given up after a failed write", file_.path().string()));
}

}  // namespace slm
