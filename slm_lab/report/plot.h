#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slm_lab/report/palette.h"

namespace slm {

/// One curve. A NaN is a gap.
struct PlotSeries {
  enum class Style { faint, normal, strong };
  std::string label;         ///< in the legend; empty: not there
  std::vector<double> x, y;  // (n) each
  std::vector<double> band;  // (n) or empty: half the height of the shade around y
  Color color = kPalette[0];
  Style style = Style::strong;
  bool end_value = true;  ///< writes the last y beside the end of the curve
};

struct Plot {
  std::string title;     ///< what y is
  std::string subtitle;  ///< of which run
  std::string x_label;
  std::vector<PlotSeries> series;  ///< later ones in front
  std::optional<double> target;    ///< a dashed line across
};

// The same picture, 1000 x 600, in two formats. The same plot gives the same bytes on one machine. Text is set in
// DejaVu Sans; where that font is missing another takes its place.
std::string plot_png(const Plot& plot);  ///< two pixels per unit
std::string plot_svg(const Plot& plot);

}  // namespace slm
