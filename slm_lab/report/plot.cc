#include "slm_lab/report/plot.h"

#include <algorithm>

#include "slm_lab/report/plot_painter.h"

namespace slm {
namespace {

constexpr int kPageWidth = 1000, kBetweenPlots = 26;
constexpr int kHeightOfOne = 600, kHeightOfFirst = 430, kHeightOfRow = 196, kPlotsPerRow = 3;
constexpr PlotLook kLarge{
    .title_text = 16, .tick_text = 12.5, .label_text = 13, .stroke = 1, .end_room = 10, .x_ticks = 9, .y_ticks = 8};
constexpr PlotLook kSmall{
    .title_text = 12, .tick_text = 10, .label_text = 10.5, .stroke = 0.7, .end_room = 52, .x_ticks = 5, .y_ticks = 5};

int rows_below(const Page& page) {
  const int small = std::max(static_cast<int>(page.plots.size()) - 1, 0);
  return (small + kPlotsPerRow - 1) / kPlotsPerRow;
}

int height(const Page& page) {
  const int rows = rows_below(page);
  return rows == 0 ? kHeightOfOne : kHeightOfFirst + rows * kHeightOfRow + kMargin;
}

void paint(const Page& page, Pen& pen) {
  paint_head(page.title, page.subtitle, pen);
  if (page.plots.empty()) return;

  const double first = rows_below(page) == 0 ? kHeightOfOne - kMargin : kHeightOfFirst - kBetweenPlots;
  paint_plot(page.plots[0], {kMargin, page.subtitle.empty() ? 48.0 : kHeadHeight, kPageWidth - kMargin, first}, kLarge,
             pen);
  const double width = (kPageWidth - 2.0 * kMargin - (kPlotsPerRow - 1.0) * kBetweenPlots) / kPlotsPerRow;
  for (std::size_t i = 1; i < page.plots.size(); ++i) {
    const std::size_t column = (i - 1) % kPlotsPerRow, row = (i - 1) / kPlotsPerRow;
    const double left = kMargin + static_cast<double>(column) * (width + kBetweenPlots);
    const double top = kHeightOfFirst + static_cast<double>(row) * kHeightOfRow;
    paint_plot(page.plots[i], {left, top, left + width, top + kHeightOfRow - kBetweenPlots}, kSmall, pen);
  }
}

}  // namespace

Drawing page_drawing(const Page& page) {
  return {kPageWidth, height(page), [page](Pen& pen) { paint(page, pen); }};
}

std::string page_png(const Page& page) { return drawing_png(page_drawing(page)); }

std::string page_svg(const Page& page) { return drawing_svg(page_drawing(page)); }

}  // namespace slm
