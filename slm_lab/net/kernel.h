#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "slm_lab/net/activation.h"

namespace slm {

/// The rows of a borrowed row-major matrix; `stride` is the number of floats from one row to the next.
struct Rows {
  float* data;
  std::ptrdiff_t stride;
};
struct ConstRows {
  const float* data;
  std::ptrdiff_t stride;
  constexpr ConstRows(const float* d, std::ptrdiff_t s) : data(d), stride(s) {}
  constexpr ConstRows(Rows r) : data(r.data), stride(r.stride) {}
};

/// The kernel works on whole vectors: "padded" below means that a row has storage for kernel_padded(width) floats,
/// which may be read and written. Buffers that start at zero then keep padding of weights, biases and gradients at
/// zero.
inline constexpr int kKernelPadding = 16;
constexpr int kernel_padded(int width) { return (width + kKernelPadding - 1) / kKernelPadding * kKernelPadding; }

/// C = A B (+ bias, or + C), the primitive under everything dense and, on NHWC data, under convolutions.
struct Product {
  int m, n, k;
  const float* a;  // (m, k): element (i, p) at a[i * a_row + p * a_col]; any strides, nothing beyond is read
  std::ptrdiff_t a_row, a_col;
  const float* b;  // (k, n), rows padded
  std::ptrdiff_t b_row;
  float* c;  // (m, n), rows padded
  std::ptrdiff_t c_row;
  const float* bias = nullptr;  // (n), padded: the initial value of every row; nullptr: 0
  bool accumulate = false;      // what is in C is added last
  // The reduction runs over so many stretches of k, each that far from the one before: a convolution's window, or all
  // positions of an image.
  int segments = 1;
  std::ptrdiff_t a_segment = 0, b_segment = 0;
};

/// Adam and AdamW, with PyTorch's order of operations; make it with adam_step().
struct AdamStep {
  float step_size;  // lr / (1 - beta1^t)
  float one_minus_beta1, beta2, one_minus_beta2, eps;
  float sqrt_bias_correction2;  // sqrt(1 - beta2^t)
  float l2 = 0;                 // added to the gradient as l2 * parameter (Adam)
  float keep = 1;               // 1 - lr * weight_decay, multiplies the parameter first (AdamW)
  float grad_scale = 1;         // multiplies the gradient on the fly (clipping); the gradient is not written
};

/// `t` counts from 1 at the first step.
AdamStep adam_step(double lr, double beta1, double beta2, double eps, double weight_decay, bool decoupled,
                   std::int64_t t, double grad_scale);

struct RmsPropStep {
  float lr, alpha, eps, momentum = 0, l2 = 0, grad_scale = 1;
};

struct SgdStep {
  float lr, momentum = 0, dampening = 0, l2 = 0, grad_scale = 1;
  bool nesterov = false;
  bool first = false;  // the momentum buffer becomes the gradient itself, as in PyTorch
};

/// One build of the kernel; kernels() chooses it once for this processor. Every function has a fixed order of summation
/// that depends on the shapes only; row i of a forward or of a gradient with respect to the input is the same to the
/// last bit whatever the number of rows. Nothing allocates. Results differ in the last bits between builds.
///
/// n rows of a batch, x (n, in), y (n, out). Hidden weights are (in, out), heads (out, in).
struct Kernels {
  const char* name;  ///< "x86-64-v4", "x86-64-v3" or "x86-64"

  void (*product)(const Product& p);

  // Hidden layers: rows of w, b, y, dz, dw, db, wt, kept, dx are padded; x may have any stride and is read exactly.

  /// y = activation(x w + b), with w (in, out). The padding of y is written (with activation(0) when that of w, b is
  /// 0).
  void (*dense_forward)(int n, int in, int out, ConstRows x, ConstRows w, const float* b, Activation activation,
                        Rows y);
  /// dw (in, out) = x^T dz and db (out) = column sums of dz, added to what is there when `accumulate`; db may be
  /// nullptr. The padding of dw and db is written with what follows from the padding of dz, which must be zero.
  void (*dense_backward_weights)(int n, int in, int out, ConstRows x, ConstRows dz, bool accumulate, Rows dw,
                                 float* db);
  /// dx = (dz wt [+ dx when accumulate]) * derivative of the activation that made `kept`, with wt (out, in).
  /// `kept` (n, in): the outputs (derivative_from_output) or inputs of the activation; unused with identity; may be dx.
  void (*dense_backward_input)(int n, int in, int out, ConstRows dz, ConstRows wt, Activation activation,
                               ConstRows kept, bool accumulate, Rows dx);

  // Heads, for any `out`, best to about 32: w, dw (out, in), dx, kept with padded rows; b, db, y, dy are exact (y and
  // dy may be column blocks of a wider matrix); x (n, in) has any stride and is read exactly.

  /// y = x w^T + b; b may be nullptr.
  void (*head_forward)(int n, int in, int out, ConstRows x, ConstRows w, const float* b, Rows y);
  /// dw = dy^T x and db = column sums of dy (db may be nullptr), added to what is there when `accumulate`. Writes
  /// exactly (out, in).
  void (*head_backward_weights)(int n, int in, int out, ConstRows x, ConstRows dy, bool accumulate, Rows dw, float* db);
  /// dx = (dy w [+ dx when accumulate]) * derivative, as in dense_backward_input.
  void (*head_backward_input)(int n, int in, int out, ConstRows dy, ConstRows w, Activation activation, ConstRows kept,
                              bool accumulate, Rows dx);

  /// to (cols, rows) = from (rows, cols) transposed; reads and writes exactly that.
  void (*transpose)(int rows, int cols, ConstRows from, Rows to);
  /// sums (cols) = column sums of x (n, cols), exactly, added to what is there when `accumulate`; the gradient of a
  /// head that is a bias alone.
  void (*column_sums)(int n, int cols, ConstRows x, bool accumulate, float* sums);

  // Spans: any size, any alignment, output may be the input.

  void (*activation_forward)(Activation activation, std::size_t size, const float* x, float* y);
  /// dx = dy * derivative; `kept` as in dense_backward_input; dx may be dy or kept.
  void (*activation_backward)(Activation activation, std::size_t size, const float* kept, const float* dy, float* dx);
  void (*exp)(std::size_t size, const float* x,
              float* y);  ///< relative error 2e-7; overflow gives inf, below -87.3 gives 0
  void (*log)(std::size_t size, const float* x, float* y);  ///< relative error 2e-7; log(0) = -inf, log(<0) = NaN
  void (*tanh)(std::size_t size, const float* x,
               float* y);  ///< absolute error 3e-7 (4e-7 without FMA), never beyond 1

  double (*squared_norm)(std::size_t size, const float* x);
  void (*scale)(std::size_t size, float factor, float* x);
  /// target = coef * online + (1 - coef) * target
  void (*polyak)(std::size_t size, float coef, const float* online, float* target);

  void (*adam)(std::size_t size, const AdamStep& step, const float* grad, float* parameter, float* m, float* v);
  /// `momentum_buffer` nullptr: none; `grad_average` nullptr: not centered.
  void (*rmsprop)(std::size_t size, const RmsPropStep& step, const float* grad, float* parameter, float* square_average,
                  float* momentum_buffer, float* grad_average);
  /// `momentum_buffer` nullptr: none.
  void (*sgd)(std::size_t size, const SgdStep& step, const float* grad, float* parameter, float* momentum_buffer);
};

/// The best build for this processor.
const Kernels& kernels();
/// Every build that this processor can run, best first (for tests and benchmarks).
std::span<const Kernels* const> supported_kernels();

inline void vexp(std::span<const float> x, std::span<float> y) { kernels().exp(y.size(), x.data(), y.data()); }
inline void vlog(std::span<const float> x, std::span<float> y) { kernels().log(y.size(), x.data(), y.data()); }
inline void vtanh(std::span<const float> x, std::span<float> y) { kernels().tanh(y.size(), x.data(), y.data()); }

}  // namespace slm
