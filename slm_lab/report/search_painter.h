#pragma once

#include <string>
#include <vector>

#include "slm_lab/report/search_graphs.h"

namespace slm {

/// The short names of the parameters, as in the table of a search.
std::vector<std::string> parameter_names(const SearchSubject& search);

/// What colours say in a picture of a search: a number per trial, from low (pale) to high (dark).
struct ColorScale {
  std::string name;             ///< of the number
  std::vector<double> numbers;  ///< (trials); NaN: grey

  double low() const, high() const;
  Color color(std::size_t trial) const;
};

/// The scale with its name and ends, its right end at `right`.
void paint_color_scale(const ColorScale& scale, double right, double baseline, Pen& pen);

/// The returns of all trials against one parameter: a dot, a ring where the trial was stopped, a cross at the foot
/// where it failed.
void paint_slice(const SearchSubject& search, std::size_t parameter, const std::string& name, const ColorScale& scale,
                 const Rectangle& frame, Pen& pen);

/// A line per trial over one axis per parameter and one of the return; those with high returns in front.
void paint_parallel_coordinates(const SearchSubject& search, const ColorScale& scale, const Rectangle& frame, Pen& pen);

/// A bar per parameter, the longest first.
void paint_importance(const SearchSubject& search, const Rectangle& frame, Pen& pen);

}  // namespace slm
