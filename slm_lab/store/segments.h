#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "slm_lab/base/large_arrays.h"

namespace slm {

/// A file that holds one block of a large array.
struct Segment {
  std::string file;  ///< its name in the folder of segments
  std::uint64_t bytes = 0;
  std::string xxh3;
};

struct SegmentedArray {
  std::string dtype;
  std::uint64_t bytes = 0;
  std::vector<Segment> segments;  ///< of ChangedBlocks::kBytes, but for the last
};
using SegmentTable = std::map<std::string, SegmentedArray>;  ///< by full name

/// The large arrays of one session's checkpoints, in files that consecutive generations share: a block that its array
/// calls unchanged, and whose file is still there, costs nothing; the others are written from where they lie. A file is
/// written once, under a name that no complete generation knows, and is on the disk before a generation refers to it.
class SegmentStore final : public LargeArrays {
 public:
  explicit SegmentStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// What put() writes from here on belongs to this generation.
  void begin(std::uint64_t generation);
  /// What get() reads from here on. Throws Error(corrupt) when a file is missing or of another size.
  void open(SegmentTable table);
  /// Makes the names of all new files durable, and returns the table of what was put since begin().
  SegmentTable commit();
  /// Removes the files that none of these tables names.
  void keep_only(const std::set<std::string>& files) const;
  bool any() const;  ///< whether there is any file

  /// Fills `block`, of its size. Throws Error(corrupt) when the file does not hold what was put.
  void read(const Segment& segment, std::span<std::byte> block) const;
  /// A file that read() got of another store; it is on the disk then. Throws Error(corrupt) when it has no name of
  /// ours.
  void restore(const std::string& file, std::span<const std::byte> block) const;

  void put(const std::string& name, std::string_view dtype, std::span<const std::byte> bytes,
           ChangedBlocks& changed) override;
  std::optional<std::size_t> size(const std::string& name, std::string_view dtype) const override;
  void get(const std::string& name, std::span<std::byte> bytes, ChangedBlocks& changed) override;

 private:
  Segment write(std::span<const std::byte> block);
  void write_file(const std::string& file, std::span<const std::byte> block) const;
  bool is_there(const Segment& segment) const;

  std::filesystem::path folder_;
  std::uint64_t generation_ = 0;
  int num_written_ = 0;  // of this generation
  SegmentTable table_;   // of the last generation saved or opened, then updated by put()
  std::set<std::string> names_put_;
};

}  // namespace slm
