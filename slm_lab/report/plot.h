#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slm_lab/report/drawing.h"
#include "slm_lab/report/palette.h"

namespace slm {

/// One curve. A NaN is a gap.
struct PlotSeries {
  enum class Style { faint, light, normal, strong };
  std::string label = {};                   ///< in the legend; empty: not there
  std::vector<double> x = {}, y = {};       // (n) each
  std::vector<double> low = {}, high = {};  // (n) each, or empty: the ends of a shade
  Color color = kPalette[0];
  Style style = Style::strong;
  bool dashed = false;
  std::optional<double> end_value = {};  ///< written beside the end of the curve
  std::string end_name = {};             ///< and what it is
  bool stopped = false;                  ///< a cross where it ends
};

/// A dashed line across, named beside its end.
struct ReferenceLine {
  double y;
  std::string name;
};

struct Plot {
  std::string title = {};  ///< what y is; the first of a page has the page's
  std::string x_label = {};
  std::vector<PlotSeries> series = {};  ///< later ones in front
  std::vector<ReferenceLine> lines = {};
  bool log_scale = false;  ///< of y, which is then drawn where it is above 0
};

/// A large plot, and below it small ones, three in a row.
struct Page {
  std::string title;     ///< what the large one shows
  std::string subtitle;  ///< of which run
  std::vector<Plot> plots;
};

Drawing page_drawing(const Page& page);  ///< 1000 units wide, 600 high with one plot
std::string page_png(const Page& page);
std::string page_svg(const Page& page);

}  // namespace slm
