#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "slm_lab/report/pen.h"

namespace slm {

/// A picture: its size in units, and what draws it on white.
struct Drawing {
  int width = 1000, height = 600;
  std::function<void(Pen& pen)> paint;
};

inline constexpr int kMargin = 28;      ///< around everything that is drawn
inline constexpr int kHeadHeight = 74;  ///< of the title and a line below it, with its margin
void paint_head(const std::string& title, const std::string& subtitle, Pen& pen);

// The same drawing gives the same bytes on one machine. Text is set in DejaVu Sans; where that font is missing another
// takes its place. Throw Error(defect) where the library fails.
std::string drawing_png(const Drawing& drawing);  ///< two pixels per unit
std::string drawing_svg(const Drawing& drawing);

/// A reader sees the old or the new picture. Throws Error(io).
void write_picture(const std::filesystem::path& file, const std::string& bytes);

}  // namespace slm
