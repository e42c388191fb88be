#pragma once

#include <cstdint>
#include <vector>

#include "slm_lab/base/scene.h"

namespace slm {

/// A picture in memory: row by row, 0x00RRGGBB each (the top byte means nothing).
struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint32_t> pixels;
};

/// The scene as it is seen. Of a small screen, as an emulator's, each pixel becomes three by three.
Picture paint_scene(const Scene& scene);

}  // namespace slm
