#pragma once

#include <vector>

namespace slm {

/// How OpenCV's INTER_AREA spreads `from` pixels over `to` fewer: for each target in turn its sources with their
/// weights, in the order in which they are added.
struct AreaShare {
  int to, from;
  float weight;
};
std::vector<AreaShare> area_shares(int from, int to);

}  // namespace slm
