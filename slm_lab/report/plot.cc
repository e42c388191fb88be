#include "slm_lab/report/plot.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <fmt/format.h>

#include <memory>

#include "slm_lab/base/error.h"
#include "slm_lab/report/plot_painter.h"
#include "slm_lab/report/png.h"

namespace slm {
namespace {

constexpr int kWidth = 1000, kMargin = 28, kBetween = 26;
constexpr int kHeightOfOne = 600, kHeightOfFirst = 430, kHeightOfRow = 196, kColumns = 3;
constexpr int kPixelsPerUnit = 2;
constexpr PlotLook kLarge{
    .title_text = 16, .tick_text = 12.5, .label_text = 13, .stroke = 1, .end_room = 10, .x_ticks = 9, .y_ticks = 8};
constexpr PlotLook kSmall{
    .title_text = 12, .tick_text = 10, .label_text = 10.5, .stroke = 0.7, .end_room = 52, .x_ticks = 5, .y_ticks = 5};

int rows_below(const Page& page) {
  const int small = std::max(static_cast<int>(page.plots.size()) - 1, 0);
  return (small + kColumns - 1) / kColumns;
}

int height(const Page& page) {
  const int rows = rows_below(page);
  return rows == 0 ? kHeightOfOne : kHeightOfFirst + rows * kHeightOfRow + kMargin;
}

void paint(const Page& page, Pen& pen) {
  pen.color(kWhite);
  cairo_paint(pen.raw());
  pen.color(kInk);
  pen.font(20, /*bold=*/true);
  pen.text(kMargin, 42, page.title);
  pen.color(kGrey);
  pen.font(13.5);
  pen.text(kMargin, 64, page.subtitle);
  if (page.plots.empty()) return;

  const double first = rows_below(page) == 0 ? kHeightOfOne - kMargin : kHeightOfFirst - kBetween;
  paint_plot(page.plots[0], {kMargin, page.subtitle.empty() ? 48.0 : 74.0, kWidth - kMargin, first}, kLarge, pen);
  const double width = (kWidth - 2.0 * kMargin - (kColumns - 1.0) * kBetween) / kColumns;
  for (std::size_t i = 1; i < page.plots.size(); ++i) {
    const std::size_t column = (i - 1) % kColumns, row = (i - 1) / kColumns;
    const double left = kMargin + static_cast<double>(column) * (width + kBetween);
    const double top = kHeightOfFirst + static_cast<double>(row) * kHeightOfRow;
    paint_plot(page.plots[i], {left, top, left + width, top + kHeightOfRow - kBetween}, kSmall, pen);
  }
}

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceDeleter>;

void paint_on(cairo_surface_t* surface, const Page& page, double scale) {
  const std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo(cairo_create(surface), &cairo_destroy);
  cairo_scale(cairo.get(), scale, scale);
  Pen pen(cairo.get());
  paint(page, pen);
  if (const cairo_status_t status = cairo_status(cairo.get()); status != CAIRO_STATUS_SUCCESS)
    throw Error(ExitCode::defect, fmt::format("drawing \"{}\": {}", page.title, cairo_status_to_string(status)));
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

std::string page_png(const Page& page) {
  const int width = kWidth * kPixelsPerUnit, rows = height(page) * kPixelsPerUnit;  // a row has no padding
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, rows));
  paint_on(surface.get(), page, kPixelsPerUnit);
  cairo_surface_flush(surface.get());
  const auto* pixels = reinterpret_cast<const std::uint32_t*>(cairo_image_surface_get_data(surface.get()));
  return encode_png({pixels, static_cast<std::size_t>(width) * rows}, width, rows);
}

std::string page_svg(const Page& page) {
  std::string bytes;
  const Surface surface(cairo_svg_surface_create_for_stream(append, &bytes, kWidth, height(page)));
  paint_on(surface.get(), page, 1);
  cairo_surface_finish(surface.get());
  return without_surface_numbers(bytes);
}

}  // namespace slm
