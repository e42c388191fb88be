#include "slm_lab/store/segments.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/xxh3.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = ChangedBlocks::kBytes;

template <class Bytes>
Bytes block_of(Bytes bytes, std::size_t index) {
  const std::size_t begin = index * kBlock;
  return bytes.subspan(begin, std::min(kBlock, bytes.size() - begin));
}

}  // namespace

void SegmentStore::begin(std::uint64_t generation) {
  generation_ = generation;
  num_written_ = 0;
  names_put_.clear();
}

void SegmentStore::open(SegmentTable table) {
  for (const auto& [name, array] : table)
    for (const Segment& segment : array.segments)
      if (!is_there(segment))
        throw Error(ExitCode::corrupt, fmt::format("{}: missing, or not of {} bytes, as it should be for {}",
                                                   (folder_ / segment.file).string(), segment.bytes, name));
  table_ = std::move(table);
}

SegmentTable SegmentStore::commit() {
  std::erase_if(table_, [&](const auto& entry) { return !names_put_.contains(entry.first); });
  if (num_written_ > 0) sync_directory(folder_);
  return table_;
}

void SegmentStore::keep_only(const std::set<std::string>& files) const {
  for (const std::string& name : names_in(folder_))
    if (!files.contains(name)) fs::remove_all(folder_ / name);
}

bool SegmentStore::any() const { return !names_in(folder_).empty(); }

void SegmentStore::put(const std::string& name, std::string_view dtype, std::span<const std::byte> bytes,
                       ChangedBlocks& changed) {
  SegmentedArray& array = table_[name];
  array.dtype = dtype;
  array.bytes = bytes.size();
  array.segments.resize((bytes.size() + kBlock - 1) / kBlock);
  for (std::size_t i = 0; i < array.segments.size(); ++i) {
    Segment& segment = array.segments[i];
    const auto block = block_of(bytes, i);
    if (changed.unchanged(i, this) && segment.bytes == block.size() && is_there(segment)) continue;
    segment = write(block);
    changed.keep(i, this);
  }
  names_put_.insert(name);
}

Segment SegmentStore::write(std::span<const std::byte> block) {
  Segment segment{fmt::format("{:06}-{:05}", generation_, num_written_++), block.size(), xxh3_hex(block)};
  write_file(segment.file, block);
  return segment;
}

void SegmentStore::write_file(const std::string& file, std::span<const std::byte> block) const {
  make_directories(folder_);
  fs::remove_all(folder_ / file);  // what a killed process left
  Descriptor out(folder_ / file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC);
  out.write(block);
  out.sync();
  out.close();
}

void SegmentStore::restore(const std::string& file, std::span<const std::byte> block) const {
  if (file.empty() || file.find_first_not_of("0123456789-") != std::string::npos)
    throw Error(ExitCode::corrupt, fmt::format("{}: not the name of a segment", file));
  write_file(file, block);
  sync_directory(folder_);
}

/// A file that is there was written, or read and found right, by this process, so that its size says enough.
bool SegmentStore::is_there(const Segment& segment) const {
  const fs::path file = folder_ / segment.file;
  return file_exists(file) && fs::is_regular_file(fs::symlink_status(file)) && fs::file_size(file) == segment.bytes;
}

std::optional<std::size_t> SegmentStore::size(const std::string& name, std::string_view dtype) const {
  const auto found = table_.find(name);
  if (found == table_.end() || found->second.dtype != dtype) return std::nullopt;
  return found->second.bytes;
}

void SegmentStore::get(const std::string& name, std::span<std::byte> bytes, ChangedBlocks& changed) {
  const SegmentedArray& array = table_.at(name);
  for (std::size_t i = 0; i < array.segments.size(); ++i) {
    read(array.segments[i], block_of(bytes, i));
    changed.keep(i, this);
  }
}

void SegmentStore::read(const Segment& segment, std::span<std::byte> block) const {
  Descriptor in(folder_ / segment.file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (in.size() != block.size() || in.read(block) != block.size() || xxh3_hex(block) != segment.xxh3)
    throw Error(ExitCode::corrupt, fmt::format("{}: damaged", (folder_ / segment.file).string()));
}

}  // namespace slm
