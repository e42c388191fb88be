#include "slm_lab/report/png.h"

#include <zlib.h>

#include <string_view>
#include <vector>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

void append_u32(std::uint32_t value, std::string& out) {  // most significant byte first
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void append_chunk(std::string_view type, std::string_view data, std::string& out) {
  append_u32(static_cast<std::uint32_t>(data.size()), out);
  const std::size_t start = out.size();
  out.append(type).append(data);
  const auto* bytes = reinterpret_cast<const Bytef*>(out.data() + start);
  append_u32(static_cast<std::uint32_t>(crc32(0, bytes, static_cast<uInt>(out.size() - start))), out);
}

std::string deflated(const std::vector<unsigned char>& raw) {
  uLongf size = compressBound(raw.size());
  std::string packed(size, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(packed.data()), &size, raw.data(), raw.size(), Z_BEST_SPEED);
  ensure(status == Z_OK, "zlib packs a picture");
  packed.resize(size);
  return packed;
}

}  // namespace

std::string encode_png(std::span<const std::uint32_t> pixels, int width, int height) {
  ensure(pixels.size() == static_cast<std::size_t>(width) * height, "encode_png: width x height pixels");
  // Each row: a filter byte, 0 for none, and the colours.
  std::vector<unsigned char> raw(static_cast<std::size_t>(height) * (1 + 3 * static_cast<std::size_t>(width)));
  unsigned char* out = raw.data();
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (i % width == 0) ++out;
    *out++ = static_cast<unsigned char>(pixels[i] >> 16);
    *out++ = static_cast<unsigned char>(pixels[i] >> 8);
    *out++ = static_cast<unsigned char>(pixels[i]);
  }
  std::string header;
  append_u32(width, header);
  append_u32(height, header);
  header.append("\x08\x02\0\0\0", 5);  // 8 bits, RGB, deflate, standard filters, not interlaced

  std::string file("\x89PNG\r\n\x1a\n");
  append_chunk("IHDR", header, file);
  append_chunk("IDAT", deflated(raw), file);
  append_chunk("IEND", "", file);
  return file;
}

}  // namespace slm
