#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/base/large_arrays.h"
#include "slm_lab/base/matrix.h"

namespace slm {

/// Named arrays on their way into a file or out of one. One function per class serves both directions:
///
///     void serialize(Archive& archive) {
///       archive("frame", frame_);
///       archive("actor", actor_);      // nested: calls actor_.serialize(archive) under the prefix "actor."
///     }
///
/// The file format is safetensors (docs/data.md): it cannot execute code, and Python reads it.
class Archive {
 public:
  /// To be filled, then written. With `large` the large() arrays go there at once, instead of into the archive.
  explicit Archive(LargeArrays* large = nullptr) : large_(large) {}
  /// Throws Error(corrupt) on a damaged file. With `large` the large() arrays it holds come from there.
  static Archive read(const std::filesystem::path& file, LargeArrays* large = nullptr);
  void write(const std::filesystem::path& file) const;          ///< plain write + fsync; throws Error(io)
  void write_durably(const std::filesystem::path& file) const;  ///< the file holds its old content or all of the new

  Archive reopened() const;  ///< the same arrays, to be loaded without a file between

  bool loading() const { return loading_; }
  bool contains(std::string_view name) const;  ///< under the current prefix

  // A field by name. Loading throws Error(corrupt) when the name is missing, of another type, or of another size
  // (fixed-size kinds: span). std::vector, Matrix, Vector, Mask and std::string take the stored size.
  void operator()(std::string_view name, bool& value);
  void operator()(std::string_view name, std::int32_t& value);
  void operator()(std::string_view name, std::int64_t& value);
  void operator()(std::string_view name, std::uint64_t& value);
  void operator()(std::string_view name, float& value);
  void operator()(std::string_view name, double& value);
  void operator()(std::string_view name, std::string& value);
  void operator()(std::string_view name, std::vector<float>& values);
  void operator()(std::string_view name, std::vector<double>& values);
  void operator()(std::string_view name, std::vector<std::int32_t>& values);
  void operator()(std::string_view name, std::vector<std::int64_t>& values);
  void operator()(std::string_view name, std::vector<std::uint64_t>& values);
  void operator()(std::string_view name, std::vector<std::uint8_t>& values);
  void operator()(std::string_view name, Matrix& values);
  void operator()(std::string_view name, Vector& values);
  void operator()(std::string_view name, Mask& values);
  void operator()(std::string_view name, std::span<float> values);
  void operator()(std::string_view name, std::span<double> values);
  void operator()(std::string_view name, std::span<std::int32_t> values);
  void operator()(std::string_view name, std::span<std::int64_t> values);
  void operator()(std::string_view name, std::span<std::uint64_t> values);
  void operator()(std::string_view name, std::span<std::uint8_t> values);

  /// Any class with `void serialize(Archive&)`, its fields prefixed with "name.".
  template <class T>
  requires requires(T& object, Archive& archive) { object.serialize(archive); }
  void operator()(std::string_view name, T& object) {
    const std::size_t length = prefix_.size();
    prefix_.append(name).push_back('.');
    object.serialize(*this);
    prefix_.resize(length);
  }

  /// Array with a shape, for weights that others read (`shape` is PyTorch's); float32 only.
  void tensor(std::string_view name, std::span<const std::int64_t> shape, std::span<float> values);

  /// An array that may be of any size and of which little changes between two saves; `changed` says what. Takes the
  /// stored size, the fixed-size kind must have it.
  void large(std::string_view name, std::vector<float>& values, ChangedBlocks& changed);
  void large(std::string_view name, std::vector<std::uint8_t>& values, ChangedBlocks& changed);
  void large(std::string_view name, std::span<double> values, ChangedBlocks& changed);

  std::map<std::string, std::string>& metadata() { return metadata_; }  ///< strings of the file's header
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  struct Array {
    std::string dtype;  ///< safetensors: F32, F64, I32, I64, U64, U8, BOOL
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;
  };
  using Arrays = std::map<std::string, Array, std::less<>>;  // by full name
  const Arrays& arrays() const { return arrays_; }

 private:
  std::string full_name(std::string_view name) const { return prefix_ + std::string(name); }
  void store(std::string_view name, std::string_view dtype, std::vector<std::int64_t> shape, const void* data);
  const Array& fetch(std::string_view name, std::string_view dtype, std::size_t rank) const;
  [[noreturn]] void refuse(std::string_view name, const std::string& why) const;
  template <class T>
  void scalar(std::string_view name, T& value);
  template <class T>
  void vector(std::string_view name, std::vector<T>& values);
  template <class T>
  void fixed(std::string_view name, std::vector<std::int64_t> shape, std::span<T> values);
  template <class T>
  void large_vector(std::string_view name, std::vector<T>& values, ChangedBlocks& changed);
  bool put_large(std::string_view name, std::string_view dtype, std::span<const std::byte> bytes,
                 ChangedBlocks& changed);

  LargeArrays* large_ = nullptr;
  bool loading_ = false;
  std::string source_ = "archive";  // the file read, for error texts
  std::string prefix_;
  Arrays arrays_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace slm
