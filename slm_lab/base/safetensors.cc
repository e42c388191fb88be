#include "slm_lab/base/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "slm_lab/base/error.h"
#include "slm_lab/base/json_cursor.h"

namespace slm {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ExitCode::corrupt, why); }

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out.append({'\\', c});
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
    else
      out.push_back(c);
  }
  return out + '"';
}

SafetensorsHeader::Tensor parse_tensor(JsonCursor& json, const std::string& name) {
  SafetensorsHeader::Tensor tensor{name, {}, {}, 0, 0};
  std::set<std::string> seen;
  json.object([&](const std::string& key) {
    if (key == "dtype") {
      tensor.dtype = json.string();
    } else if (key == "shape") {
      json.array([&] { tensor.shape.push_back(json.integer()); });
    } else if (key == "data_offsets") {
      std::vector<std::int64_t> offsets;
      json.array([&] { offsets.push_back(json.integer()); });
      if (offsets.size() != 2) refuse(fmt::format("{}: data_offsets must be two numbers", tensor.name));
      tensor.begin = static_cast<std::uint64_t>(offsets[0]);
      tensor.end = static_cast<std::uint64_t>(offsets[1]);
    } else {
      refuse(fmt::format("{}: unknown key {}", tensor.name, key));
    }
    if (!seen.insert(key).second) refuse(fmt::format("{}: a key appears twice", tensor.name));
  });
  if (seen.size() != 3) refuse(fmt::format("{}: needs dtype, shape and data_offsets", tensor.name));
  return tensor;
}

void check_size(const SafetensorsHeader::Tensor& tensor) {
  std::uint64_t bytes = dtype_size(tensor.dtype);
  if (bytes == 0) refuse(fmt::format("{}: unknown dtype {}", tensor.name, tensor.dtype));
  for (const std::int64_t length : tensor.shape)
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(length), &bytes))
      refuse(fmt::format("{}: shape overflows", tensor.name));
  if (tensor.end < tensor.begin || tensor.end - tensor.begin != bytes)
    refuse(fmt::format("{}: {} bytes do not hold its shape", tensor.name,
                       static_cast<std::int64_t>(tensor.end - tensor.begin)));
}

}  // namespace

std::size_t dtype_size(std::string_view dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "F16" || dtype == "BF16") return 2;
  if (dtype == "U8" || dtype == "BOOL") return 1;
  return 0;
}

std::string to_json(const SafetensorsHeader& header) {
  std::vector<std::string> entries;
  if (!header.metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : header.metadata) pairs.push_back(json_text(key) + ":" + json_text(value));
    entries.push_back(fmt::format("\"__metadata__\":{{{}}}", fmt::join(pairs, ",")));
  }
  for (const SafetensorsHeader::Tensor& tensor : header.tensors)
    entries.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", json_text(tensor.name),
                                  tensor.dtype, fmt::join(tensor.shape, ","), tensor.begin, tensor.end));
  std::string json = fmt::format("{{{}}}", fmt::join(entries, ","));
  json.resize((json.size() + 7) / 8 * 8, ' ');
  return json;
}

SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t data_size) {
  if (!text.starts_with('{')) refuse("the header does not begin with {");
  SafetensorsHeader header;
  std::set<std::string> names;
  JsonCursor json(text);
  json.object([&](const std::string& name) {
    if (!names.insert(name).second) refuse(fmt::format("{} appears twice", name));
    if (name == "__metadata__") {
      json.object([&](const std::string& key) {
        std::string value = json.string();
        if (!header.metadata.emplace(key, std::move(value)).second) refuse(fmt::format("metadata {} twice", key));
      });
    } else {
      header.tensors.push_back(parse_tensor(json, name));
    }
  });
  json.end();

  std::ranges::sort(header.tensors, {}, [](const auto& t) { return std::tie(t.begin, t.end, t.name); });
  std::uint64_t position = 0;
  for (const SafetensorsHeader::Tensor& tensor : header.tensors) {
    check_size(tensor);
    if (tensor.begin != position) refuse(fmt::format("{}: a hole or an overlap before it", tensor.name));
    position = tensor.end;
  }
  if (position != data_size)
    refuse(fmt::format("the header describes {} bytes of data, the file holds {}", position, data_size));
  return header;
}

}  // namespace slm
