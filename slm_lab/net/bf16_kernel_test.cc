#include "slm_lab/net/bf16_kernel.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/net/parameters.h"
#include "tests/support/bf16_builds.h"

namespace slm::bf16_kernel_test {
namespace {

/// Storage of bf16 numbers, aligned.
struct Halves {
  explicit Halves(int row_blocks, int col_blocks) : buffer(bf16_size(row_blocks, col_blocks) / 2) {}
  Bf16* data() { return reinterpret_cast<Bf16*>(buffer.data()); }
  std::vector<Bf16> numbers() { return {data(), data() + 2 * buffer.size()}; }
  AlignedBuffer buffer;
};

/// All forms of one matrix.
struct AllForms {
  AllForms(const Bf16Kernels& kernels, const Matrix& x)
      : row_blocks(bf16_blocks(static_cast<int>(x.rows()))),
        col_blocks(bf16_blocks(static_cast<int>(x.cols()))),
        forms(4, Halves(row_blocks, col_blocks)) {
    kernels.pack(static_cast<int>(x.rows()), static_cast<int>(x.cols()), {x.data(), x.outerStride()}, all());
  }
  Bf16Forms all() { return {row_blocks, col_blocks, rows(), pairs(), transposed_rows(), transposed_pairs()}; }
  Bf16* rows() { return forms[0].data(); }
  Bf16* pairs() { return forms[1].data(); }
  Bf16* transposed_rows() { return forms[2].data(); }
  Bf16* transposed_pairs() { return forms[3].data(); }
  int row_blocks, col_blocks;
  std::vector<Halves> forms;
};

float float_of(Bf16 x) { return std::bit_cast<float>(std::uint32_t{x} << 16); }

/// What a number is after rounding to 8 bits of precision, by arithmetic of doubles.
double rounded(float x) {
  if (x == 0 || !std::isfinite(x)) return static_cast<double>(x);
  int exponent;
  const double mantissa = std::frexp(static_cast<double>(x), &exponent);  // [0.5, 1)
  return std::ldexp(std::nearbyint(mantissa * 256), exponent - 8);
}

Matrix noise(int rows, int cols, std::uint64_t seed) {
  Rng rng(seed);
  Matrix m(rows, cols);
  for (Eigen::Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(rng.standard_normal());
  return m;
}

/// Between begin() and end() of a build.
class Begun {
 public:
  explicit Begun(const Bf16Kernels& kernels) : kernels_(kernels) { kernels_.begin(); }
  ~Begun() { kernels_.end(); }

 private:
  const Bf16Kernels& kernels_;
};

class Bf16Build : public testing::TestWithParam<const Bf16Kernels*> {
 protected:
  const Bf16Kernels& kernels() const { return *GetParam(); }
};
std::string name_of(const testing::TestParamInfo<const Bf16Kernels*>& build) {
  std::string name = build.param->name;
  std::erase(name, '-');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Every, Bf16Build, testing::ValuesIn(bf16_builds()), name_of);

/// Of this processor, if it has one.
class FastBf16Build : public Bf16Build {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FastBf16Build);
INSTANTIATE_TEST_SUITE_P(Every, FastBf16Build, testing::ValuesIn(fast_bf16_builds()), name_of);

TEST_P(Bf16Build, PacksEveryFormWithZerosAround) {
  const Matrix x = noise(45, 70, 1);
  AllForms packed(kernels(), x);
  const auto at = [&](int r, int c) { return r < x.rows() && c < x.cols() ? rounded(x(r, c)) : 0; };
  const int rows = packed.row_blocks * 32, cols = packed.col_blocks * 32;
  ASSERT_EQ(rows, 64);
  ASSERT_EQ(cols, 96);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      const double want = at(r, c);
      // The tile, then the place in it.
      const int in_rows = (r / 16 * packed.col_blocks + c / 32) * 512 + r % 16 * 32 + c % 32;
      const int in_pairs = (c / 16 * packed.row_blocks + r / 32) * 512 + r % 32 / 2 * 32 + c % 16 * 2 + r % 2;
      const int in_transposed_rows = (c / 16 * packed.row_blocks + r / 32) * 512 + c % 16 * 32 + r % 32;
      const int in_transposed_pairs =
          (r / 16 * packed.col_blocks + c / 32) * 512 + c % 32 / 2 * 32 + r % 16 * 2 + c % 2;
      EXPECT_EQ(static_cast<double>(float_of(packed.rows()[in_rows])), want) << r << " " << c;
      EXPECT_EQ(static_cast<double>(float_of(packed.pairs()[in_pairs])), want) << r << " " << c;
      EXPECT_EQ(static_cast<double>(float_of(packed.transposed_rows()[in_transposed_rows])), want) << r << " " << c;
      EXPECT_EQ(static_cast<double>(float_of(packed.transposed_pairs()[in_transposed_pairs])), want) << r << " " << c;
    }
}

TEST_P(Bf16Build, RoundsToNearestEvenAndKeepsWhatIsNoNumber) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  struct Case {
    float in;
    std::uint32_t out;  // of a float
  };
  // By hand: a bf16 number has 7 bits behind the leading one.
  const Case cases[] = {{1.0f, 0x3f800000},
                        {1.00390625f, 0x3f800000},  // 1 + 2^-8: half way, to the even 1
                        {1.01171875f, 0x3f820000},  // 1 + 3 * 2^-8: half way, to the even 1 + 2^-6
                        {1.0039064f, 0x3f810000},   // just above half way
                        {-1.01171875f, 0xbf820000},
                        {3.4e38f, 0x7f800000},  // above the largest
                        {1e-39f, 0},            // denormal
                        {-1e-39f, 0x80000000},
                        {kInf, 0x7f800000},
                        {-kInf, 0xff800000}};
  for (const Case& c : cases) {
    const Matrix x = Matrix::Constant(1, 1, c.in);
    AllForms packed(kernels(), x);
    EXPECT_EQ(std::uint32_t{packed.rows()[0]} << 16, c.out) << c.in;
    EXPECT_EQ(std::uint32_t{packed.pairs()[0]} << 16, c.out) << c.in;
  }
  AllForms packed(kernels(), Matrix::Constant(1, 1, std::numeric_limits<float>::quiet_NaN()));
  EXPECT_TRUE(std::isnan(float_of(packed.rows()[0])));
}

/// |sum of products in float32 - in double| for rounded factors: one rounding of half a unit for each of k additions,
/// of the sum of the magnitudes.
double bound(double magnitudes, int k) { return magnitudes * k * 0x1p-24; }

TEST_P(Bf16Build, MultipliesWithFloatSums) {
  const Begun begun(kernels());
  const int m = 37, k = 75, n = 41;
  const Matrix a = noise(m, k, 2), b = noise(k, n, 3), bias = noise(1, n, 4);
  AllForms left(kernels(), a), right(kernels(), b);
  const Bf16Product p{left.row_blocks, right.col_blocks, left.col_blocks, left.rows(), right.pairs()};
  for (const float* added : {static_cast<const float*>(nullptr), bias.data()}) {
    Matrix c = Matrix::Constant(m + 1, n + 3, 9.0f);
    kernels().product(p, m, n, added, {c.data(), c.outerStride()});
    for (int i = 0; i <= m; ++i)
      for (int j = 0; j < n + 3; ++j) {
        if (i == m || j >= n) {
          EXPECT_EQ(c(i, j), 9.0f) << "outside";
          continue;
        }
        double want = added == nullptr ? 0 : static_cast<double>(added[j]), magnitudes = std::abs(want);
        for (int q = 0; q < k; ++q) {
          const double term = rounded(a(i, q)) * rounded(b(q, j));
          want += term;
          magnitudes += std::abs(term);
        }
        EXPECT_NEAR(static_cast<double>(c(i, j)), want, bound(magnitudes, k));
      }
  }
  // The other forms: the transposed of both factors, taken in the other order, give the transposed product.
  Matrix c(m, n), t(n, m);
  kernels().product(p, m, n, nullptr, {c.data(), c.outerStride()});
  kernels().product(
      {right.col_blocks, left.row_blocks, left.col_blocks, right.transposed_rows(), left.transposed_pairs()}, n, m,
      nullptr, {t.data(), t.outerStride()});
  EXPECT_EQ(c, t.transpose());
}

// Of 2^24 and 1 the sum is 2^24. AMX adds 1 + 1 apart from 2^24 - 2^24; AVX-512 adds 2^24, 1, -2^24 and 1 one after
// the other (and would come to 0 in pairs of 1 and 2^24).
TEST_P(Bf16Build, SumsInTheOrderOfItsInstruction) {
  const Begun begun(kernels());
  const Matrix a{{1, 0x1p24f, 1, -0x1p24f}}, b = Matrix::Ones(4, 1);
  AllForms left(kernels(), a), right(kernels(), b);
  Matrix c(1, 1);
  kernels().product({1, 1, 1, left.rows(), right.pairs()}, 1, 1, nullptr, {c.data(), 1});
  EXPECT_EQ(c(0, 0), &bf16_oracle(kernels()) == &kBf16KernelsPortableAmx ? 2 : 1);
}

// Of whole blocks the product goes straight to its place.
TEST_P(Bf16Build, ARowDoesNotDependOnHowManyThereAre) {
  const Begun begun(kernels());
  const Matrix a = noise(64, 96, 5), b = noise(96, 64, 6);
  AllForms right(kernels(), b);
  Matrix all(64, 64);
  for (const int m : {64, 1, 33}) {
    AllForms left(kernels(), a.topRows(m));
    Matrix c(m, 64);
    kernels().product({left.row_blocks, 2, 3, left.rows(), right.pairs()}, m, 64, nullptr, {c.data(), 64});
    if (m == 64) all = c;
    EXPECT_EQ(c, all.topRows(m)) << m;
  }
}

/// Everything that the two kernels of a layer write, for one activation.
struct LayerResult {
  std::vector<Bf16> y, y_pairs, y_transposed, slopes, d, d_pairs;
  std::vector<float> sums;
};

LayerResult layer(const Bf16Kernels& kernels, Activation activation) {
  const Begun begun(kernels);
  const int n = 40, in = 50, out = 70;
  AllForms x(kernels, noise(n, in, 7)), w(kernels, noise(in, out, 8) * 0.3f), d_out(kernels, noise(n, 20, 9)),
      v(kernels, noise(20, out, 10));
  const Matrix bias = noise(1, out, 11);
  std::vector<Halves> halves(6, Halves(2, 3));
  const bool by_output = bf16_keeps_outputs(activation);
  kernels.forward({2, 3, 2, x.rows(), w.pairs()}, n, out, bias.data(), activation,
                  {2, 3, halves[0].data(), halves[1].data(), halves[2].data(), nullptr},
                  by_output ? nullptr : halves[3].data());
  AlignedBuffer sums(96);
  sums.data()[1] = 100;
  kernels.backward_input({2, 3, 1, d_out.rows(), v.pairs()}, activation,
                         by_output ? halves[0].data() : halves[3].data(),
                         {2, 3, halves[4].data(), halves[5].data(), nullptr, nullptr}, sums.data());
  return {halves[0].numbers(),
          halves[1].numbers(),
          halves[2].numbers(),
          halves[3].numbers(),
          halves[4].numbers(),
          halves[5].numbers(),
          {sums.data(), sums.data() + 96}};
}

class Bf16Layer : public testing::TestWithParam<ActivationEntry> {};
INSTANTIATE_TEST_SUITE_P(Every, Bf16Layer, testing::ValuesIn(kActivations),
                         [](const auto& entry) { return std::string(entry.param.name); });

TEST_P(Bf16Layer, IsWhatTheFormulasSay) {
  const Activation activation = GetParam().value;
  const int n = 40, in = 50, out = 70;
  const Matrix x = noise(n, in, 7), w = noise(in, out, 8) * 0.3f, bias = noise(1, out, 11), d_out = noise(n, 20, 9),
               v = noise(20, out, 10);
  for (const Bf16Kernels* build : bf16_builds()) {
    const LayerResult got = layer(*build, activation);
    std::vector<double> sums(96), sum_bounds(96);
    sums[1] = 100;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < out; ++j) {
        double z = static_cast<double>(bias(0, j)), magnitudes = std::abs(z), d = 0, d_magnitudes = 0;
        for (int k = 0; k < in; ++k) {
          z += rounded(x(i, k)) * rounded(w(k, j));
          magnitudes += std::abs(rounded(x(i, k)) * rounded(w(k, j)));
        }
        for (int k = 0; k < 20; ++k) {
          d += rounded(d_out(i, k)) * rounded(v(k, j));
          d_magnitudes += std::abs(rounded(d_out(i, k)) * rounded(v(k, j)));
        }
        // The activation and its derivative by the float32 kernel, which has tests of its own.
        const auto z_float = static_cast<float>(z);
        float y, slope;
        const float one = 1;
        slm::kernels().activation_forward(activation, 1, &z_float, &y);
        slm::kernels().activation_backward(activation, 1, derivative_from_output(activation) ? &y : &z_float, &one,
                                           &slope);
        const int at = (i / 16 * 3 + j / 32) * 512 + i % 16 * 32 + j % 32;
        // Half a unit of the last of 8 bits; of z its sum, and 4e-7 of the vector functions (kernel.h), here and there.
        const double y_error = std::abs(static_cast<double>(y)) * 0x1p-8 + 2 * bound(magnitudes, in) + 8e-7;
        EXPECT_NEAR(static_cast<double>(float_of(got.y[static_cast<std::size_t>(at)])), static_cast<double>(y),
                    y_error);
        const double want = d * static_cast<double>(slope);
        // Two roundings, of the slope and of the product, after the sum of d; and what z and the vector functions lack,
        // with a curvature of up to 2.
        const double error = std::abs(want) * (0x1p-7 + 0x1p-16) + bound(d_magnitudes, 20) +
                             std::abs(d) * (2 * 2 * bound(magnitudes, in) + 8e-7);
        sums[static_cast<std::size_t>(j)] += want;
        // Not rounded to bf16, but summed with up to 100 before it.
        sum_bounds[static_cast<std::size_t>(j)] += error + 0x1p-24 * (100 + std::abs(want) * n);
        EXPECT_NEAR(static_cast<double>(float_of(got.d[static_cast<std::size_t>(at)])), want, error);
      }
    for (std::size_t j = 0; j < sums.size(); ++j)
      EXPECT_NEAR(static_cast<double>(got.sums[j]), sums[j], sum_bounds[j]) << j;
  }
}

// Not of tanh and its kin: the last bits of their approximations depend on whether a build has fused multiply-adds.
TEST_P(FastBf16Build, GivesLayersTheBitsOfItsOracle) {
  for (const Activation activation :
       {Activation::identity, Activation::relu, Activation::leakyrelu, Activation::hardtanh}) {
    const LayerResult want = layer(bf16_oracle(kernels()), activation), got = layer(kernels(), activation);
    EXPECT_EQ(got.y, want.y);
    EXPECT_EQ(got.y_pairs, want.y_pairs);
    EXPECT_EQ(got.y_transposed, want.y_transposed);
    EXPECT_EQ(got.slopes, want.slopes);
    EXPECT_EQ(got.d, want.d);
    EXPECT_EQ(got.d_pairs, want.d_pairs);
    EXPECT_EQ(got.sums, want.sums);
  }
}

TEST_P(FastBf16Build, MultipliesWithTheBitsOfItsOracle) {
  const Begun begun(kernels());
  for (const float scale : {1.0f, 1e-19f, 1e19f}) {  // products that are denormal, and sums that overflow
    const Matrix a = noise(64, 320, 12) * scale, b = noise(320, 64, 13) * scale;
    Matrix c[2];
    for (int i = 0; i < 2; ++i) {
      const Bf16Kernels& build = i == 0 ? bf16_oracle(kernels()) : kernels();
      AllForms left(build, a), right(build, b);
      c[i] = Matrix::Zero(64, 64);
      build.product({2, 2, 10, left.rows(), right.pairs()}, 64, 64, nullptr, {c[i].data(), 64});
    }
    const auto bits = [](const Matrix& m) {
      std::vector<std::uint32_t> all;
      for (Eigen::Index i = 0; i < m.size(); ++i) all.push_back(std::bit_cast<std::uint32_t>(m.data()[i]));
      return all;
    };
    EXPECT_EQ(bits(c[0]), bits(c[1])) << scale;
  }
}

}  // namespace
}  // namespace slm::bf16_kernel_test
