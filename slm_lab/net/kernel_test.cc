#include "slm_lab/net/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "slm_lab/base/matrix.h"
#if defined(__x86_64__)
#include <cpuid.h>
#endif

// Every build of the kernel that this processor runs, against Eigen in double precision.

namespace slm::kernel_test {
namespace {

using Exact = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr double kEps = std::numeric_limits<float>::epsilon();
constexpr float kGuard = 12345.0f;  // in places that must not be written

/// Numbers in [-1, 1], the same on every run.
class Numbers {
 public:
  float next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(static_cast<std::int32_t>(state_ >> 32)) * 0x1p-31f;
  }
  /// (rows, cols) with `stride` floats per row, beyond cols filled with `rest`.
  Matrix matrix(int rows, int cols, int stride, float rest) {
    Matrix m = Matrix::Constant(rows, stride, rest);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < cols; ++j) m(i, j) = next();
    return m;
  }
  Matrix padded(int rows, int cols) { return matrix(rows, cols, kernel_padded(cols), 0.0f); }

 private:
  std::uint64_t state_ = 1;
};

Rows rows(Matrix& m) { return {m.data(), m.outerStride()}; }
ConstRows rows(const Matrix& m) { return {m.data(), m.outerStride()}; }
Exact exact(const Matrix& m, int cols) { return m.leftCols(cols).cast<double>(); }

/// The rounding of a sum of k products of numbers in [-1, 1] is a walk of k steps of up to half a unit of the largest
/// partial sum, which is near the largest of the results.
double tolerance(const Exact& sums, int k) {
  return kEps * std::max(1.0, sums.cwiseAbs().maxCoeff()) * (4 + std::sqrt(static_cast<double>(k)));
}

void expect_within(double bound, const Matrix& got, const Exact& want, const std::string& what) {
  EXPECT_LE((got.leftCols(want.cols()).cast<double>() - want).cwiseAbs().maxCoeff(), bound) << what;
}

void expect_near(const Matrix& got, const Exact& want, int k, const std::string& what) {
  expect_within(tolerance(want, k), got, want, what);
}

void expect_zero_padding(const Matrix& m, int cols, const std::string& what) {
  EXPECT_TRUE((m.rightCols(m.cols() - cols).array() == 0.0f).all()) << what;
}

struct Shape {
  int n, in, out;
};

std::string name(const Shape& s) {
  return "n " + std::to_string(s.n) + " in " + std::to_string(s.in) + " out " + std::to_string(s.out);
}

std::vector<Shape> shapes() {
  std::vector<Shape> list;
  for (int n : {1, 2, 3, 4, 5, 7, 13, 16, 64, 129})
    for (int in : {1, 3, 4, 11, 17, 64})
      for (int out : {1, 2, 6, 17, 30, 48, 64, 80, 130}) list.push_back({n, in, out});
  for (int n : {1, 100, 300})
    for (int in : {105, 348})
      for (int out : {7, 34, 256, 348}) list.push_back({n, in, out});
  return list;
}

double derivative(Activation activation, double kept) {
  switch (activation) {
    case Activation::relu:
      return kept > 0 ? 1 : 0;
    case Activation::tanh:
      return 1 - kept * kept;
    case Activation::selu:
      return kept > 0 ? 1.0507009873554805 : kept + 1.7580993408473766;
    default:
      return 1;
  }
}

class KernelTest : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& k_ = *GetParam();
  Numbers numbers_;
};

TEST_P(KernelTest, DenseForward) {
  for (const Shape& s : shapes()) {
    const Matrix x = numbers_.matrix(s.n, s.in, s.in, 0), w = numbers_.padded(s.in, s.out);
    const Matrix b = numbers_.padded(1, s.out);
    Matrix y = Matrix::Zero(s.n, kernel_padded(s.out));
    Exact want = exact(x, s.in) * exact(w, s.out);
    want.rowwise() += exact(b, s.out).row(0);
    k_.dense_forward(s.n, s.in, s.out, rows(x), rows(w), b.data(), Activation::identity, rows(y));
    expect_near(y, want, s.in, name(s));
    expect_zero_padding(y, s.out, name(s));
    k_.dense_forward(s.n, s.in, s.out, rows(x), rows(w), b.data(), Activation::relu, rows(y));
    expect_near(y, want.cwiseMax(0.0), s.in, "relu " + name(s));
    k_.dense_forward(s.n, s.in, s.out, rows(x), rows(w), b.data(), Activation::tanh, rows(y));
    expect_within(tolerance(want, s.in), y, want.array().tanh(), "tanh " + name(s));  // its slope is at most 1
  }
}

TEST_P(KernelTest, DenseBackwardWeights) {
  for (const Shape& s : shapes()) {
    const Matrix x = numbers_.matrix(s.n, s.in, s.in + 2, 7), dz = numbers_.padded(s.n, s.out);
    Matrix dw = Matrix::Constant(s.in, kernel_padded(s.out), kGuard), db = dw.topRows(1);
    k_.dense_backward_weights(s.n, s.in, s.out, rows(x), rows(dz), false, rows(dw), db.data());
    const Exact want = exact(x, s.in).transpose() * exact(dz, s.out), want_sums = exact(dz, s.out).colwise().sum();
    expect_near(dw, want, s.n, name(s));
    expect_near(db, want_sums, s.n, "bias " + name(s));
    expect_zero_padding(dw, s.out, name(s));
    expect_zero_padding(db, s.out, name(s));
    const Matrix before = dw;
    k_.dense_backward_weights(s.n, s.in, s.out, rows(x), rows(dz), false, rows(dw), nullptr);
    EXPECT_EQ(dw, before) << name(s);
    k_.dense_backward_weights(s.n, s.in, s.out, rows(x), rows(dz), true, rows(dw), db.data());
    expect_near(dw, 2 * want, 2 * s.n, "accumulated " + name(s));
    expect_near(db, 2 * want_sums, 2 * s.n, "accumulated bias " + name(s));
    expect_zero_padding(dw, s.out, name(s));
  }
}

TEST_P(KernelTest, DenseBackwardInput) {
  for (const Shape& s : shapes()) {
    const Matrix dz = numbers_.matrix(s.n, s.out, s.out + 3, 7), w = numbers_.padded(s.in, s.out);
    const Matrix kept = numbers_.padded(s.n, s.in);
    Matrix wt = Matrix::Zero(s.out, kernel_padded(s.in));
    k_.transpose(s.in, s.out, rows(w), rows(wt));
    ASSERT_EQ(wt.leftCols(s.in), w.leftCols(s.out).transpose());
    const Exact plain = exact(dz, s.out) * exact(w, s.out).transpose();
    for (Activation a : {Activation::identity, Activation::relu, Activation::tanh, Activation::selu}) {
      const Exact factor = exact(kept, s.in).unaryExpr([a](double y) { return derivative(a, y); });
      const std::string what = std::string(kActivations[static_cast<int>(a)].name) + " " + name(s);
      Matrix dx = numbers_.padded(s.n, s.in);
      const Exact sum = plain + exact(dx, s.in);
      k_.dense_backward_input(s.n, s.in, s.out, rows(dz), rows(wt), a, rows(kept), true, rows(dx));
      expect_within(2 * tolerance(sum, s.out), dx, sum.cwiseProduct(factor), "accumulated " + what);  // slopes below 2
      expect_zero_padding(dx, s.in, what);
      dx = kept;  // in place
      k_.dense_backward_input(s.n, s.in, s.out, rows(dz), rows(wt), a, rows(dx), false, rows(dx));
      expect_within(2 * tolerance(plain, s.out), dx, plain.cwiseProduct(factor), what);
    }
  }
}

TEST_P(KernelTest, Heads) {
  for (const Shape& s : shapes()) {
    if (s.out > 40) continue;
    // x without padding; y and dy are column blocks of wider matrices.
    const Matrix x = numbers_.matrix(s.n, s.in, s.in, 0), w = numbers_.padded(s.out, s.in);
    const Matrix dy = numbers_.matrix(s.n, s.out, s.out + 1, 7);
    std::vector<float> b(s.out), db(s.out + 1, kGuard);
    for (float& v : b) v = numbers_.next();
    Matrix y = Matrix::Constant(s.n, s.out + 2, kGuard);
    k_.head_forward(s.n, s.in, s.out, rows(x), rows(w), b.data(), {y.data() + 1, y.outerStride()});
    Exact want = exact(x, s.in) * exact(w, s.in).transpose();
    want.rowwise() += Eigen::Map<const Eigen::RowVectorXf>(b.data(), s.out).cast<double>();
    expect_near(y.middleCols(1, s.out), want, s.in, name(s));
    EXPECT_TRUE((y.col(0).array() == kGuard).all() && (y.col(s.out + 1).array() == kGuard).all()) << name(s);

    Matrix dw = Matrix::Zero(s.out, kernel_padded(s.in));
    for (const int times : {1, 2}) {
      k_.head_backward_weights(s.n, s.in, s.out, rows(x), rows(dy), times == 2, rows(dw), db.data());
      expect_near(dw, times * exact(dy, s.out).transpose() * exact(x, s.in), times * s.n, "dw " + name(s));
      expect_zero_padding(dw, s.in, name(s));
      const Matrix sums = Eigen::Map<const Eigen::RowVectorXf>(db.data(), s.out);
      expect_near(sums, times * exact(dy, s.out).colwise().sum(), times * s.n, "db " + name(s));
    }
    EXPECT_EQ(db.back(), kGuard);

    const Matrix kept = numbers_.padded(s.n, s.in);
    Matrix dx = Matrix::Constant(s.n, kernel_padded(s.in), kGuard);
    k_.head_backward_input(s.n, s.in, s.out, rows(dy), rows(w), Activation::relu, rows(kept), false, rows(dx));
    const Exact positive = (kept.leftCols(s.in).array() > 0).cast<double>();
    expect_near(dx, (exact(dy, s.out) * exact(w, s.in)).cwiseProduct(positive), s.out, "dx " + name(s));
    expect_zero_padding(dx, s.in, name(s));
  }
}

TEST_P(KernelTest, ProductWithAnyStridesOnTheLeft) {
  const int m = 7, n = 33, depth = 9;
  const Matrix a = numbers_.matrix(depth * 2, m * 3, m * 3, 0), b = numbers_.padded(depth, n);
  Matrix c = numbers_.padded(m, n);
  Exact want = exact(c, n);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      for (int p = 0; p < depth; ++p) want(i, j) += double{a(2 * p, 3 * i)} * b(p, j);
  k_.product({m, n, depth, a.data(), 3, 2 * a.outerStride(), b.data(), b.outerStride(), c.data(), c.outerStride(),
              nullptr, true});
  expect_near(c, want, depth, "strided");
}

// The window of a convolution: stretches of the left operand that lie apart, and of the right one likewise.
TEST_P(KernelTest, ProductOverSegments) {
  const int m = 7, n = 33, depth = 5, segments = 3;
  const Matrix a = numbers_.matrix(segments, m * 2 + depth, 40, 0), b = numbers_.padded(segments * (depth + 1), n);
  const Matrix bias = numbers_.padded(1, n);
  Matrix c = Matrix::Zero(m, kernel_padded(n));
  Exact want = exact(bias, n).replicate(m, 1);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      for (int s = 0; s < segments; ++s)
        for (int p = 0; p < depth; ++p) want(i, j) += double{a(s, 2 * i + p)} * b(s * (depth + 1) + p, j);
  k_.product({.m = m,
              .n = n,
              .k = depth,
              .a = a.data(),
              .a_row = 2,
              .a_col = 1,
              .b = b.data(),
              .b_row = b.outerStride(),
              .c = c.data(),
              .c_row = c.outerStride(),
              .bias = bias.data(),
              .segments = segments,
              .a_segment = a.outerStride(),
              .b_segment = (depth + 1) * b.outerStride()});
  expect_near(c, want, segments * depth, "segments");
}

// An action must not depend on how many environments act with it.
TEST_P(KernelTest, RowsDoNotDependOnTheBatch) {
  for (const int out : {5, 40, 64, 200}) {
    const int in = 37, n = 45;
    const Matrix x = numbers_.matrix(n, in, in, 0), w = numbers_.padded(in, out), b = numbers_.padded(1, out);
    const Matrix head = numbers_.padded(out, in);
    Matrix all = Matrix::Zero(n, kernel_padded(out)), heads = all;
    k_.dense_forward(n, in, out, rows(x), rows(w), b.data(), Activation::tanh, rows(all));
    k_.head_forward(n, in, out, rows(x), rows(head), b.data(), rows(heads));
    for (int i = 0; i < n; ++i) {
      Matrix one = Matrix::Zero(1, kernel_padded(out));
      const ConstRows row{x.data() + i * in, in};
      k_.dense_forward(1, in, out, row, rows(w), b.data(), Activation::tanh, rows(one));
      EXPECT_EQ(one, all.row(i));
      k_.head_forward(1, in, out, row, rows(head), b.data(), rows(one));
      EXPECT_EQ(one.leftCols(out), heads.row(i).leftCols(out));
    }
  }
}

#if defined(__x86_64__)
/// Whether the upper halves of the vector registers hold anything; false where the processor does not tell.
bool upper_halves_in_use() {
  constexpr unsigned kExtendedState = 0xd, kTellsInUse = 1 << 2, kAvxUpper = 1 << 2, kZmmUpper = 1 << 6;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(kExtendedState, 1, &a, &b, &c, &d) == 0 || (a & kTellsInUse) == 0) return false;
  asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(1));
  return (a & (kAvxUpper | kZmmUpper)) != 0;
}

// Or every SSE instruction of the rest of the program is slow until the next call: acting took twice as long, an update
// of a small net five times.
// A deep product of many rows takes a part of its depth at a time, with the bits of one chain.
TEST_P(KernelTest, DeepProductsAreThoseOfEachRow) {
  constexpr int kRows = 21, kDepth = 4500, kCols = 84;
  const Matrix x = numbers_.matrix(kRows, kDepth, kDepth, 0), w = numbers_.padded(kDepth, kCols);
  const Matrix bias = numbers_.padded(1, kCols);
  const auto forward = [&](int first, int n, Activation activation) {
    Matrix y = Matrix::Constant(n, kernel_padded(kCols), kGuard);
    k_.dense_forward(n, kDepth, kCols, {x.row(first).data(), kDepth}, rows(w), bias.data(), activation, rows(y));
    return Matrix(y.leftCols(kCols));
  };
  for (const Activation activation : {Activation::identity, Activation::relu, Activation::tanh}) {
    const Matrix all = forward(0, kRows, activation);
    for (int row = 0; row < kRows; ++row) EXPECT_EQ(Matrix(all.row(row)), forward(row, 1, activation)) << row;
  }
  const Exact want = (exact(x, kDepth) * exact(w, kCols)).rowwise() + exact(bias, kCols).row(0);
  expect_near(forward(0, kRows, Activation::identity), want, kDepth, "deep");

  // What the derivative is taken of may lie where the result goes.
  Matrix kept = numbers_.padded(kRows, kCols), apart = Matrix::Zero(kRows, kept.cols());
  k_.dense_backward_input(kRows, kCols, kDepth, {x.data(), kDepth}, rows(w), Activation::tanh,
                          rows(std::as_const(kept)), false, rows(apart));
  k_.dense_backward_input(kRows, kCols, kDepth, {x.data(), kDepth}, rows(w), Activation::tanh,
                          rows(std::as_const(kept)), false, rows(kept));
  EXPECT_EQ(kept.leftCols(kCols), apart.leftCols(kCols));
}

TEST_P(KernelTest, LeavesNoUpperHalvesOfRegistersInUse) {
  for (const Shape& s : shapes()) {
    const Matrix x = numbers_.matrix(s.n, s.in, s.in, 0), w = numbers_.padded(s.in, s.out);
    const Matrix head = numbers_.padded(s.out, s.in), b = numbers_.padded(1, s.out), dz = numbers_.padded(s.n, s.out);
    Matrix y = Matrix::Zero(s.n, kernel_padded(s.out)), dw = w, dx = numbers_.padded(s.n, s.in), wt = head;
    Matrix dhead = head, sums = b, m = w, v = w.cwiseAbs();
    const std::size_t size = static_cast<std::size_t>(w.size());
    const auto clean_after = [&](const char* what, const auto& call) {
      call();
      EXPECT_FALSE(upper_halves_in_use()) << what << " " << name(s);
    };
    for (const ActivationEntry& entry : kActivations) {
      const Activation a = entry.value;
      clean_after("forward", [&] { k_.dense_forward(s.n, s.in, s.out, rows(x), rows(w), b.data(), a, rows(y)); });
      clean_after("backward_input", [&] {
        k_.dense_backward_input(s.n, s.in, s.out, rows(dz), rows(head), a, rows(dx), false, rows(dx));
      });
      clean_after("activation", [&] { k_.activation_forward(a, size, w.data(), m.data()); });
      clean_after("derivative", [&] { k_.activation_backward(a, size, w.data(), w.data(), m.data()); });
    }
    clean_after("weights",
                [&] { k_.dense_backward_weights(s.n, s.in, s.out, rows(x), rows(dz), false, rows(dw), sums.data()); });
    clean_after("head", [&] { k_.head_forward(s.n, s.in, s.out, rows(x), rows(head), b.data(), rows(y)); });
    clean_after("head weights", [&] {
      k_.head_backward_weights(s.n, s.in, s.out, rows(x), rows(dz), false, rows(dhead), sums.data());
    });
    clean_after("transpose", [&] { k_.transpose(s.in, s.out, rows(w), rows(wt)); });
    clean_after("sums", [&] { k_.column_sums(s.n, s.out, rows(dz), false, sums.data()); });
    clean_after("exp", [&] { k_.exp(size, w.data(), m.data()); });
    clean_after("log", [&] { k_.log(size, v.data(), m.data()); });
    clean_after("tanh", [&] { k_.tanh(size, w.data(), m.data()); });
    clean_after("norm", [&] { k_.squared_norm(size, w.data()); });
    clean_after("scale", [&] { k_.scale(size, 0.5f, m.data()); });
    clean_after("polyak", [&] { k_.polyak(size, 0.5f, w.data(), m.data()); });
    clean_after("adam", [&] {
      k_.adam(size, adam_step(1e-3, 0.9, 0.999, 1e-8, 0, false, 1, 1), w.data(), dw.data(), m.data(), v.data());
    });
    clean_after("rmsprop", [&] {
      k_.rmsprop(size, {.lr = 1e-3f, .alpha = 0.9f, .eps = 1e-8f}, w.data(), dw.data(), v.data(), nullptr, nullptr);
    });
    clean_after("sgd", [&] { k_.sgd(size, {.lr = 1e-3f}, w.data(), dw.data(), nullptr); });
  }
}
#endif

TEST_P(KernelTest, ColumnSums) {
  for (const int n : {1, 7, 8, 9, 250}) {
    const Matrix x = numbers_.matrix(n, 5, 6, 7);
    Matrix sums = Matrix::Zero(1, 5);
    k_.column_sums(n, 5, rows(x), false, sums.data());
    expect_near(sums, exact(x, 5).colwise().sum(), n, std::to_string(n));
    k_.column_sums(n, 5, rows(x), true, sums.data());
    expect_near(sums, 2 * exact(x, 5).colwise().sum(), 2 * n, "accumulated " + std::to_string(n));
  }
}

INSTANTIATE_TEST_SUITE_P(Builds, KernelTest, testing::ValuesIn(supported_kernels().begin(), supported_kernels().end()),
                         [](const auto& build) {
                           std::string text = build.param->name;
                           for (char& c : text)
                             if (c == '-') c = '_';
                           return text;
                         });

}  // namespace
}  // namespace slm::kernel_test
