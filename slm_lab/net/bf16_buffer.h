#pragma once

#include <cstddef>

#include "slm_lab/net/bf16_kernel.h"
#include "slm_lab/net/parameters.h"

namespace slm {

/// bf16 numbers, 64-byte aligned and zero at start; it grows, and what it held is lost then. Copies are deep.
class Bf16Buffer {
 public:
  Bf16* of(std::size_t numbers) {
    return reinterpret_cast<Bf16*>(grown(floats_, static_cast<std::ptrdiff_t>((numbers + 1) / 2)));
  }
  /// Of a matrix in any form.
  Bf16* of(int row_blocks, int col_blocks) { return of(bf16_size(row_blocks, col_blocks)); }
  Bf16* data() { return reinterpret_cast<Bf16*>(floats_.data()); }
  const Bf16* data() const { return reinterpret_cast<const Bf16*>(floats_.data()); }

 private:
  AlignedBuffer floats_;
};

/// Weights of one layer as products take them: for its outputs, and for the gradient with respect to its inputs. They
/// are packed again where they have changed.
struct Bf16Weights {
  Bf16Buffer forward, backward;
  bool forward_stale = true, backward_stale = true;
  void changed() { forward_stale = backward_stale = true; }
};

}  // namespace slm
