#include "slm_lab/base/archive.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/safetensors.h"

namespace slm {
namespace {

static_assert(std::endian::native == std::endian::little, "the bytes of a file are the bytes of memory");

constexpr std::uint64_t kMaxHeader = 100'000'000;  // bytes; the limit of the reference implementation of safetensors
constexpr std::uint64_t kMaxBytes = std::uint64_t{8} << 30;
constexpr std::size_t kBuffer = 1 << 20;  // bytes; arrays above it are written from where they are

template <class T>
constexpr std::string_view kDtype = "";
template <>
constexpr std::string_view kDtype<bool> = "BOOL";
template <>
constexpr std::string_view kDtype<std::uint8_t> = "U8";
template <>
constexpr std::string_view kDtype<std::int32_t> = "I32";
template <>
constexpr std::string_view kDtype<std::int64_t> = "I64";
template <>
constexpr std::string_view kDtype<std::uint64_t> = "U64";
template <>
constexpr std::string_view kDtype<float> = "F32";
template <>
constexpr std::string_view kDtype<double> = "F64";

std::int64_t length(const auto& values) { return static_cast<std::int64_t>(values.size()); }

void copy(const std::vector<std::byte>& from, void* to) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace

Archive Archive::read(const std::filesystem::path& file, LargeArrays* large) {
  Archive archive(large);
  archive.loading_ = true;
  archive.source_ = file.string();
  const auto damaged = [&](std::string_view why) {
    return Error(ExitCode::corrupt, fmt::format("{}: damaged: {}", file.string(), why));
  };
  Descriptor in(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const std::uint64_t size = in.size();
  if (size > kMaxBytes) throw damaged(fmt::format("{} bytes, more than any of ours has", size));
  std::uint64_t header_size = 0;
  if (in.read(std::as_writable_bytes(std::span(&header_size, 1))) != 8) throw damaged("shorter than 8 bytes");
  if (header_size > kMaxHeader || header_size > size - 8)
    throw damaged(fmt::format("a header of {} bytes in a file of {}", header_size, size));
  std::string json(header_size, '\0');
  if (in.read(std::as_writable_bytes(std::span(json))) != header_size) throw damaged("it shrank while being read");

  SafetensorsHeader header;
  try {
    header = parse_safetensors_header(json, size - 8 - header_size);
  } catch (const Error& error) {
    throw damaged(error.what());
  }
  for (SafetensorsHeader::Tensor& tensor : header.tensors) {
    Array array{std::move(tensor.dtype), std::move(tensor.shape), std::vector<std::byte>(tensor.end - tensor.begin)};
    if (in.read(array.bytes) != array.bytes.size()) throw damaged("it shrank while being read");
    if (array.dtype == "BOOL" && std::ranges::any_of(array.bytes, [](std::byte b) { return b > std::byte{1}; }))
      throw damaged(fmt::format("{}: a truth value that is neither 0 nor 1", tensor.name));
    archive.arrays_.emplace(std::move(tensor.name), std::move(array));
  }
  archive.metadata_ = std::move(header.metadata);
  return archive;
}

void Archive::write(const std::filesystem::path& file) const {
  // Widest elements first, so that every array is aligned for those who map the file.
  std::vector<std::pair<std::string_view, const Array*>> order;
  for (const auto& [name, array] : arrays_) order.emplace_back(name, &array);
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [](const auto& entry) { return dtype_size(entry.second->dtype); });

  SafetensorsHeader header{{}, metadata_};
  std::uint64_t position = 0;
  for (const auto& [name, array] : order) {
    header.tensors.push_back({std::string(name), array->dtype, array->shape, position, position + array->bytes.size()});
    position += array->bytes.size();
  }
  const std::string json = to_json(header);
  ensure(json.size() <= kMaxHeader, "an archive with too many names");

  Descriptor out(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
  std::vector<std::byte> buffer;
  const auto put = [&](std::span<const std::byte> bytes) {
    if (buffer.size() + bytes.size() > kBuffer) {
      out.write(buffer);
      buffer.clear();
    }
    if (bytes.size() > kBuffer)
      out.write(bytes);
    else
      buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  };
  const std::uint64_t header_size = json.size();
  put(std::as_bytes(std::span(&header_size, 1)));
  put(std::as_bytes(std::span(json)));
  for (const auto& [name, array] : order) put(array->bytes);
  out.write(buffer);
  out.sync();
  out.close();
}

void Archive::write_durably(const std::filesystem::path& file) const {
  write_file_durably(file, [this](const std::filesystem::path& temporary) { write(temporary); });
}

Archive Archive::reopened() const {
  Archive copy = *this;
  copy.loading_ = true;
  copy.large_ = nullptr;
  copy.prefix_.clear();
  return copy;
}

bool Archive::contains(std::string_view name) const { return arrays_.contains(full_name(name)); }

void Archive::refuse(std::string_view name, const std::string& why) const {
  throw Error(ExitCode::corrupt, fmt::format("{}: {}: {}", source_, full_name(name), why));
}

void Archive::store(std::string_view name, std::string_view dtype, std::vector<std::int64_t> shape, const void* data) {
  std::size_t bytes = dtype_size(dtype);
  for (const std::int64_t extent : shape) bytes *= static_cast<std::size_t>(extent);
  const auto* begin = static_cast<const std::byte*>(data);
  Array array{std::string(dtype), std::move(shape),
              bytes ? std::vector(begin, begin + bytes) : std::vector<std::byte>()};
  std::string full = full_name(name);
  ensure(full != "__metadata__", "a reserved name");
  ensure(arrays_.emplace(full, std::move(array)).second, "two fields of one name: " + full);
}

const Archive::Array& Archive::fetch(std::string_view name, std::string_view dtype, std::size_t rank) const {
  const auto found = arrays_.find(full_name(name));
  if (found == arrays_.end()) refuse(name, "not in the file");
  const Array& array = found->second;
  if (array.dtype != dtype) refuse(name, fmt::format("holds {}, expected {}", array.dtype, dtype));
  if (array.shape.size() != rank) refuse(name, fmt::format("has {} dimensions, expected {}", array.shape.size(), rank));
  return array;
}

template <class T>
void Archive::scalar(std::string_view name, T& value) {
  fixed(name, {}, std::span(&value, 1));
}

template <class T>
void Archive::vector(std::string_view name, std::vector<T>& values) {
  if (!loading_) return store(name, kDtype<T>, {length(values)}, values.data());
  const Array& array = fetch(name, kDtype<T>, 1);
  values.resize(array.bytes.size() / sizeof(T));
  copy(array.bytes, values.data());
}

template <class T>
void Archive::fixed(std::string_view name, std::vector<std::int64_t> shape, std::span<T> values) {
  if (!loading_) return store(name, kDtype<T>, std::move(shape), values.data());
  const Array& array = fetch(name, kDtype<T>, shape.size());
  if (array.shape != shape)
    refuse(name, fmt::format("has shape ({}), expected ({})", fmt::join(array.shape, ", "), fmt::join(shape, ", ")));
  copy(array.bytes, values.data());
}

void Archive::operator()(std::string_view name, bool& value) { scalar(name, value); }
void Archive::operator()(std::string_view name, std::int32_t& value) { scalar(name, value); }
void Archive::operator()(std::string_view name, std::int64_t& value) { scalar(name, value); }
void Archive::operator()(std::string_view name, std::uint64_t& value) { scalar(name, value); }
void Archive::operator()(std::string_view name, float& value) { scalar(name, value); }
void Archive::operator()(std::string_view name, double& value) { scalar(name, value); }
void Archive::operator()(std::string_view name, std::vector<float>& values) { vector(name, values); }
void Archive::operator()(std::string_view name, std::vector<double>& values) { vector(name, values); }
void Archive::operator()(std::string_view name, std::vector<std::int32_t>& values) { vector(name, values); }
void Archive::operator()(std::string_view name, std::vector<std::int64_t>& values) { vector(name, values); }
void Archive::operator()(std::string_view name, std::vector<std::uint64_t>& values) { vector(name, values); }
void Archive::operator()(std::string_view name, std::vector<std::uint8_t>& values) { vector(name, values); }
void Archive::operator()(std::string_view name, std::span<float> values) { fixed(name, {length(values)}, values); }
void Archive::operator()(std::string_view name, std::span<double> values) { fixed(name, {length(values)}, values); }
void Archive::operator()(std::string_view name, std::span<std::int32_t> values) {
  fixed(name, {length(values)}, values);
}
void Archive::operator()(std::string_view name, std::span<std::int64_t> values) {
  fixed(name, {length(values)}, values);
}
void Archive::operator()(std::string_view name, std::span<std::uint64_t> values) {
  fixed(name, {length(values)}, values);
}
void Archive::operator()(std::string_view name, std::span<std::uint8_t> values) {
  fixed(name, {length(values)}, values);
}

void Archive::operator()(std::string_view name, std::string& value) {
  if (!loading_) return store(name, "U8", {length(value)}, value.data());
  const Array& array = fetch(name, "U8", 1);
  value.resize(array.bytes.size());
  copy(array.bytes, value.data());
}

void Archive::operator()(std::string_view name, Matrix& values) {
  if (!loading_) return store(name, "F32", {values.rows(), values.cols()}, values.data());
  const Array& array = fetch(name, "F32", 2);
  values.resize(array.shape[0], array.shape[1]);
  copy(array.bytes, values.data());
}

void Archive::operator()(std::string_view name, Vector& values) {
  if (!loading_) return store(name, "F32", {values.size()}, values.data());
  const Array& array = fetch(name, "F32", 1);
  values.resize(array.shape[0]);
  copy(array.bytes, values.data());
}

void Archive::operator()(std::string_view name, Mask& values) {
  if (!loading_) return store(name, "BOOL", {values.size()}, values.data());
  const Array& array = fetch(name, "BOOL", 1);
  values.resize(array.shape[0]);
  copy(array.bytes, values.data());
}

bool Archive::put_large(std::string_view name, std::string_view dtype, std::span<const std::byte> bytes,
                        ChangedBlocks& changed) {
  if (large_ == nullptr || bytes.size() < LargeArrays::kMinBytes) return false;
  large_->put(full_name(name), dtype, bytes, changed);
  return true;
}

template <class T>
void Archive::large_vector(std::string_view name, std::vector<T>& values, ChangedBlocks& changed) {
  if (!loading_ && put_large(name, kDtype<T>, std::as_bytes(std::span(values)), changed)) return;
  const auto kept = loading_ && large_ != nullptr ? large_->size(full_name(name), kDtype<T>) : std::nullopt;
  if (!kept) {
    vector(name, values);
    return changed.mark(0, loading_ ? values.size() * sizeof(T) : 0);
  }
  if (*kept % sizeof(T) != 0) refuse(name, "half an element");
  values.resize(*kept / sizeof(T));
  large_->get(full_name(name), std::as_writable_bytes(std::span(values)), changed);
}

void Archive::large(std::string_view name, std::vector<float>& values, ChangedBlocks& changed) {
  large_vector(name, values, changed);
}
void Archive::large(std::string_view name, std::vector<std::uint8_t>& values, ChangedBlocks& changed) {
  large_vector(name, values, changed);
}

void Archive::large(std::string_view name, std::span<double> values, ChangedBlocks& changed) {
  if (!loading_ && put_large(name, "F64", std::as_bytes(values), changed)) return;
  const auto kept = loading_ && large_ != nullptr ? large_->size(full_name(name), "F64") : std::nullopt;
  if (!kept) {
    fixed(name, {length(values)}, values);
    return changed.mark(0, loading_ ? values.size_bytes() : 0);
  }
  if (*kept != values.size_bytes()) refuse(name, fmt::format("has {} bytes, expected {}", *kept, values.size_bytes()));
  large_->get(full_name(name), std::as_writable_bytes(values), changed);
}

void Archive::tensor(std::string_view name, std::span<const std::int64_t> shape, std::span<float> values) {
  std::int64_t size = 1;
  for (const std::int64_t extent : shape) size *= extent;
  ensure(size == length(values), "tensor: the shape does not describe the values");
  fixed(name, {shape.begin(), shape.end()}, values);
}

}  // namespace slm
