#pragma once

#include "slm_lab/report/pen.h"
#include "slm_lab/report/plot.h"

namespace slm {

/// How large the parts of a plot are.
struct PlotLook {
  double title_text, tick_text, label_text;
  double stroke;    ///< 1: as thick as on a page of one plot
  double end_room;  ///< kept free right of the box at least, so that boxes below each other have one width
  int x_ticks, y_ticks;
};

/// Draws a plot into `frame`, from back to front: grid, shades, curves, and right of them the values at their ends.
void paint_plot(const Plot& plot, const Rectangle& frame, const PlotLook& look, Pen& pen);

}  // namespace slm
