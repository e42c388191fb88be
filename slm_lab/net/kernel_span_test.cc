#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "slm_lab/net/kernel.h"

// The passes over spans of every build that this processor runs, against double precision.

namespace slm::kernel_span_test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kEps = std::numeric_limits<float>::epsilon();

using Function = void (*)(std::size_t, const float*, float*);

class KernelSpanTest : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& k_ = *GetParam();
};

std::vector<float> sweep(double low, double high, int count) {
  std::vector<float> x(count);
  for (int i = 0; i < count; ++i) x[i] = static_cast<float>(low + (high - low) * i / (count - 1));
  return x;
}

std::vector<float> apply(Function f, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  f(x.size(), x.data(), y.data());
  return y;
}

double worst_relative(Function f, double (*exact)(double), const std::vector<float>& x) {
  const std::vector<float> y = apply(f, x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = exact(x[i]);
    if (want != 0) worst = std::max(worst, std::abs(y[i] - want) / std::abs(want));
  }
  return worst;
}

TEST_P(KernelSpanTest, Exp) {
  EXPECT_LE(worst_relative(k_.exp, std::exp, sweep(-87.3, 88.7, 2000000)), 2e-7);
  EXPECT_LE(worst_relative(k_.exp, std::exp, sweep(-1e-3, 1e-3, 10000)), 2e-7);
  EXPECT_EQ(apply(k_.exp, {0.0f, -0.0f, kInf, -kInf, 89.0f, -200.0f}),
            (std::vector<float>{1.0f, 1.0f, kInf, 0.0f, kInf, 0.0f}));
  EXPECT_TRUE(std::isnan(apply(k_.exp, {kNan})[0]));
}

TEST_P(KernelSpanTest, Log) {
  EXPECT_LE(worst_relative(k_.log, std::log, sweep(1e-6, 4, 2000000)), 2e-7);
  EXPECT_LE(worst_relative(k_.log, std::log, sweep(0.999, 1.001, 20001)), 2e-7);
  std::vector<float> x;
  for (int e = -126; e < 128; ++e)
    for (const float m : {1.0f, 1.25f, 1.4142f, 1.4143f, 1.75f}) x.push_back(std::ldexp(m, e));
  EXPECT_LE(worst_relative(k_.log, std::log, x), 2e-7);
  EXPECT_EQ(apply(k_.log, {1.0f, 0.0f, -0.0f, kInf}), (std::vector<float>{0.0f, -kInf, -kInf, kInf}));
  EXPECT_FLOAT_EQ(apply(k_.log, {0x1p-133f})[0], -92.188576f);  // below the normal numbers: -133 ln(2)
  for (const float y : apply(k_.log, {kNan, -1.0f, -kInf, -1e-30f})) EXPECT_TRUE(std::isnan(y));
}

TEST_P(KernelSpanTest, Tanh) {
  const std::vector<float> x = sweep(-12, 12, 2000001), y = apply(k_.tanh, x);
  const double bound = std::string(k_.name) == "x86-64" ? 4e-7 : 3e-7;  // more roundings without multiply-add
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(y[i], std::tanh(double{x[i]}), bound) << x[i];
    ASSERT_LE(std::abs(y[i]), 1.0f) << x[i];
  }
  EXPECT_LE(worst_relative(k_.tanh, std::tanh, sweep(-1, 1, 100000)), 3e-7);  // small results keep their digits
  EXPECT_EQ(apply(k_.tanh, {0.0f, kInf, -kInf, 1e30f}), (std::vector<float>{0.0f, 1.0f, -1.0f, 1.0f}));
  EXPECT_TRUE(std::isnan(apply(k_.tanh, {kNan})[0]));
}

/// PyTorch's definitions.
double activation(Activation a, double x) {
  const auto clamp = [](double v, double low, double high) { return std::min(std::max(v, low), high); };
  const auto softplus = [](double v) { return std::max(v, 0.0) + std::log1p(std::exp(-std::abs(v))); };
  switch (a) {
    case Activation::identity:
      return x;
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::leakyrelu:
      return x > 0 ? x : 0.01 * x;
    case Activation::elu:
    case Activation::celu:
      return x > 0 ? x : std::expm1(x);
    case Activation::selu:
      return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
    case Activation::hardtanh:
      return clamp(x, -1, 1);
    case Activation::relu6:
      return clamp(x, 0, 6);
    case Activation::hardsigmoid:
      return clamp(x + 3, 0, 6) / 6;
    case Activation::softsign:
      return x / (1 + std::abs(x));
    case Activation::softshrink:
      return x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0;
    case Activation::hardshrink:
      return std::abs(x) > 0.5 ? x : 0;
    case Activation::gelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::softplus:
      return softplus(x);
    case Activation::mish:
      return x * std::tanh(softplus(x));
    case Activation::logsigmoid:
      return -softplus(-x);
    case Activation::hardswish:
      return x * clamp(x + 3, 0, 6) / 6;
    case Activation::tanhshrink:
      return x - std::tanh(x);
  }
  return 0;
}

TEST_P(KernelSpanTest, ActivationsAndDerivatives) {
  std::vector<float> x = sweep(-20, 20, 40007);
  for (float& v : x) v += 1e-4f;  // the finite difference must not straddle a kink, which are at multiples of 0.5
  for (const ActivationEntry& entry : kActivations) {
    std::vector<float> y(x.size()), dx(x.size()), dy(x.size(), -0.5f);
    k_.activation_forward(entry.value, x.size(), x.data(), y.data());
    const std::vector<float>& kept = entry.derivative_from_output ? y : x;
    k_.activation_backward(entry.value, x.size(), kept.data(), dy.data(), dx.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double scale = std::max(1.0, std::abs(double{x[i]})), h = 2e-5;
      ASSERT_NEAR(y[i], activation(entry.value, x[i]), 4 * kEps * scale) << entry.name << " " << x[i];
      const double slope = (activation(entry.value, x[i] + h) - activation(entry.value, x[i] - h)) / (2 * h);
      ASSERT_NEAR(dx[i], -0.5 * slope, 8 * kEps * scale) << entry.name << " " << x[i];
    }
  }
}

TEST_P(KernelSpanTest, ActivationsDoNotHideDivergence) {
  for (const ActivationEntry& entry : kActivations) {
    const float x = kNan;
    float y = 0;
    k_.activation_forward(entry.value, 1, &x, &y);
    EXPECT_TRUE(std::isnan(y)) << entry.name;
  }
}

// Nothing is read or written beyond any size, and the tail gets the same numbers as whole vectors do.
TEST_P(KernelSpanTest, Sizes) {
  const std::vector<float> x = sweep(0.1, 3, 70);
  const std::vector<float> all = apply(k_.exp, x);
  for (std::size_t size = 0; size < x.size(); ++size) {
    std::vector<float> y(size + 1, 7.0f);
    k_.exp(size, x.data(), y.data());
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(y[i], all[i]) << size;
    EXPECT_EQ(y[size], 7.0f);
  }
}

TEST_P(KernelSpanTest, SquaredNormScalePolyak) {
  for (const int size : {1, 5, 16, 63, 64, 1000, 1024, 5000, 100003}) {
    const std::vector<float> x = sweep(-1, 2, std::max(size, 2));
    double want = 0;
    for (int i = 0; i < size; ++i) want += double{x[i]} * x[i];
    EXPECT_NEAR(k_.squared_norm(size, x.data()), want, 1e-6 * want) << size;

    std::vector<float> target = x, scaled = x;
    k_.scale(size, 0.25f, scaled.data());
    k_.polyak(size, 0.125f, scaled.data(), target.data());
    for (int i = 0; i < size; ++i) {
      ASSERT_EQ(scaled[i], x[i] * 0.25f);
      ASSERT_NEAR(target[i], 0.125 * scaled[i] + 0.875 * x[i], kEps * 2);
    }
  }
}

/// One step of PyTorch's Adam on one parameter, in double precision.
struct ExactAdam {
  double p, m = 0, v = 0;
  void step(double g, double lr, double b1, double b2, double eps, double decay, bool decoupled, int t) {
    if (decoupled)
      p *= 1 - lr * decay;
    else
      g += decay * p;
    m += (1 - b1) * (g - m);
    v = b2 * v + (1 - b2) * g * g;
    p -= lr / (1 - std::pow(b1, t)) * m / (std::sqrt(v) / std::sqrt(1 - std::pow(b2, t)) + eps);
  }
};

TEST_P(KernelSpanTest, Adam) {
  const int size = 37;
  for (const bool decoupled : {false, true})
    for (const double decay : {0.0, 0.1}) {
      std::vector<float> p = sweep(-1, 1, size), m(size), v(size), grad(size);
      std::vector<ExactAdam> exact;
      for (const float x : p) exact.push_back({x});
      for (int t = 1; t <= 50; ++t) {
        for (int i = 0; i < size; ++i) grad[i] = std::sin(0.7f * static_cast<float>(i * t)) * 4.0f;
        const AdamStep step = adam_step(0.01, 0.9, 0.999, 1e-8, decay, decoupled, t, /*grad_scale=*/0.25);
        k_.adam(size, step, grad.data(), p.data(), m.data(), v.data());
        for (int i = 0; i < size; ++i) {
          exact[i].step(0.25 * grad[i], 0.01, 0.9, 0.999, 1e-8, decay, decoupled, t);
          // a few roundings per step of numbers below 1, divided by 1 when v is not tiny
          ASSERT_NEAR(p[i], exact[i].p, 4 * kEps * t) << t;
          ASSERT_NEAR(m[i], exact[i].m, 2 * kEps * t) << t;
        }
      }
    }
}

// By hand: the first step of Adam is lr in the direction of the gradient, whatever its size.
TEST_P(KernelSpanTest, AdamFirstStep) {
  const float grad[] = {100.0f, -1e-3f};
  float p[] = {1.0f, 1.0f}, m[2] = {}, v[2] = {};
  k_.adam(2, adam_step(0.125, 0.9, 0.999, 0, 0, false, 1, 1), grad, p, m, v);
  EXPECT_NEAR(p[0], 0.875, 2 * kEps);
  EXPECT_NEAR(p[1], 1.125, 2 * kEps);
  EXPECT_NEAR(m[0], 10.0, 10 * kEps);
  EXPECT_NEAR(v[0], 10.0, 10 * kEps);
}

// By hand, two steps with gradient 2 then 1 (the second scaled down from 4 by the clip factor).
TEST_P(KernelSpanTest, RmsProp) {
  float p = 1, square = 0, buffer = 0, mean = 0;
  const float first = 2, second = 4;
  RmsPropStep step{.lr = 0.5f, .alpha = 0.75f, .eps = 0.0f};
  k_.rmsprop(1, step, &first, &p, &square, nullptr, nullptr);
  EXPECT_EQ(square, 1.0f);  // 0.25 * 4
  EXPECT_EQ(p, 0.0f);       // 1 - 0.5 * 2 / 1
  step.grad_scale = 0.25f;
  step.l2 = 1;
  k_.rmsprop(1, step, &second, &p, &square, nullptr, nullptr);
  EXPECT_EQ(square, 1.0f);  // 0.75 + 0.25
  EXPECT_EQ(p, -0.5f);

  p = 1, square = 0;
  step = {.lr = 0.5f, .alpha = 0.75f, .eps = 0.0f, .momentum = 0.5f};
  k_.rmsprop(1, step, &first, &p, &square, &buffer, &mean);
  EXPECT_EQ(mean, 0.5f);
  EXPECT_NEAR(buffer, 2 / std::sqrt(0.75), 2 * kEps);  // variance 1 - 0.25
  EXPECT_NEAR(p, 1 - 1 / std::sqrt(0.75), 2 * kEps);
}

// By hand: gradient 2, then 1.
TEST_P(KernelSpanTest, Sgd) {
  const float first = 2, second = 1;
  float p = 1, buffer = 0;
  k_.sgd(1, {.lr = 0.5f, .l2 = 1.0f, .grad_scale = 0.5f}, &first, &p, nullptr);
  EXPECT_EQ(p, 0.0f);  // 1 - 0.5 * (1 + 1)

  p = 1;
  SgdStep step{.lr = 0.5f, .momentum = 0.5f, .dampening = 0.25f, .first = true};
  k_.sgd(1, step, &first, &p, &buffer);
  EXPECT_EQ(buffer, 2.0f);
  EXPECT_EQ(p, 0.0f);
  step.first = false;
  k_.sgd(1, step, &second, &p, &buffer);
  EXPECT_EQ(buffer, 1.75f);  // 0.5 * 2 + 0.75 * 1
  EXPECT_EQ(p, -0.875f);
  step.nesterov = true;
  k_.sgd(1, step, &second, &p, &buffer);
  EXPECT_EQ(buffer, 1.625f);               // 0.875 + 0.75
  EXPECT_EQ(p, -0.875f - 0.5f * 1.8125f);  // 1 + 0.5 * 1.625
}

INSTANTIATE_TEST_SUITE_P(Builds, KernelSpanTest,
                         testing::ValuesIn(supported_kernels().begin(), supported_kernels().end()),
                         [](const auto& build) {
                           std::string text = build.param->name;
                           for (char& c : text)
                             if (c == '-') c = '_';
                           return text;
                         });

}  // namespace
}  // namespace slm::kernel_span_test
