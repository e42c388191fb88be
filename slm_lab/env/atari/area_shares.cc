#include "slm_lab/env/atari/area_shares.h"

#include <algorithm>
#include <cmath>

namespace slm {

std::vector<AreaShare> area_shares(int from, int to) {
  constexpr double kNothing = 1e-3;  // OpenCV leaves out less of a pixel than this
  std::vector<AreaShare> shares;
  const double scale = static_cast<double>(from) / to;
  for (int target = 0; target < to; ++target) {
    const double begin = target * scale, end = begin + scale;
    const double cell = std::min(scale, from - begin);
    int last = std::min(static_cast<int>(std::floor(end)), from - 1);
    const int first = std::min(static_cast<int>(std::ceil(begin)), last);
    if (first - begin > kNothing) shares.push_back({target, first - 1, static_cast<float>((first - begin) / cell)});
    for (int source = first; source < last; ++source)
      shares.push_back({target, source, static_cast<float>(1.0 / cell)});
    if (end - last > kNothing)
      shares.push_back({target, last, static_cast<float>(std::min(std::min(end - last, 1.0), cell) / cell)});
  }
  return shares;
}

}  // namespace slm
