#include "slm_lab/report/drawing.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <fmt/format.h>

#include <fstream>
#include <memory>

#include "slm_lab/base/error.h"
#include "slm_lab/report/png.h"

namespace slm {
namespace {

constexpr int kPixelsPerUnit = 2;

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceDeleter>;

void paint_on(cairo_surface_t* surface, const Drawing& drawing, double scale) {
  const std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo(cairo_create(surface), &cairo_destroy);
  cairo_scale(cairo.get(), scale, scale);
  Pen pen(cairo.get());
  pen.color(kWhite);
  cairo_paint(cairo.get());
  drawing.paint(pen);
  if (const cairo_status_t status = cairo_status(cairo.get()); status != CAIRO_STATUS_SUCCESS)
    throw Error(ExitCode::defect, fmt::format("drawing a graph: {}", cairo_status_to_string(status)));
}

cairo_status_t append(void* bytes, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

/// cairo numbers the surfaces of a process; the picture is not to depend on what was drawn before it.
std::string without_surface_numbers(const std::string& svg) {
  constexpr std::string_view kWord = "surface";
  std::string out;
  for (std::size_t from = 0;;) {
    const std::size_t at = svg.find(kWord, from);
    if (at == svg.npos) return out.append(svg, from);
    out.append(svg, from, at + kWord.size() - from);
    from = svg.find_first_not_of("0123456789", at + kWord.size());
    if (from == svg.npos) return out;
  }
}

}  // namespace

void paint_head(const std::string& title, const std::string& subtitle, Pen& pen) {
  pen.color(kInk);
  pen.font(20, /*bold=*/true);
  pen.text(kMargin, 42, title);
  pen.color(kGrey);
  pen.font(13.5);
  pen.text(kMargin, 64, subtitle);
}

std::string drawing_png(const Drawing& drawing) {
  const int width = drawing.width * kPixelsPerUnit, rows = drawing.height * kPixelsPerUnit;  // a row has no padding
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, rows));
  paint_on(surface.get(), drawing, kPixelsPerUnit);
  cairo_surface_flush(surface.get());
  const auto* pixels = reinterpret_cast<const std::uint32_t*>(cairo_image_surface_get_data(surface.get()));
  return encode_png({pixels, static_cast<std::size_t>(width) * static_cast<std::size_t>(rows)}, width, rows);
}

std::string drawing_svg(const Drawing& drawing) {
  std::string bytes;
  const Surface surface(cairo_svg_surface_create_for_stream(append, &bytes, drawing.width, drawing.height));
  paint_on(surface.get(), drawing, 1);
  cairo_surface_finish(surface.get());
  return without_surface_numbers(bytes);
}

void write_picture(const std::filesystem::path& file, const std::string& bytes) {
  // Not durable on purpose: a picture can be drawn again, and a sync costs more than drawing it.
  const std::filesystem::path partial = file.string() + ".partial";
  std::ofstream out(partial, std::ios::binary);
  out << bytes;
  out.close();
  std::error_code failure;
  if (out) std::filesystem::rename(partial, file, failure);
  if (!out || failure) throw Error(ExitCode::io, fmt::format("{}: cannot write this graph", file.string()));
}

}  // namespace slm
