#include "slm_lab/net/dense_input.h"

namespace slm {

ConstRows dense_input(const ObservationsView& x, Matrix& storage) {
  if (!x.are_bytes()) return {x.floats().data(), x.floats().outerStride()};
  MatrixRef floats = grown(storage, x.rows(), x.cols());
  write_dense_input(x, floats);
  return {floats.data(), floats.outerStride()};
}

void write_dense_input(const ObservationsView& x, MatrixRef to) {
  if (x.are_bytes())
    to = x.bytes().cast<float>() * kByteScale;
  else
    to = x.floats();
}

}  // namespace slm
