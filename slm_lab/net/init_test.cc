#include "slm_lab/net/init.h"

#include "tests/support/net_fixture.h"

namespace slm::init_test {
namespace {

Activation activation_named(const std::string& name) {
  for (const ActivationEntry& entry : kActivations)
    if (entry.name == name) return entry.value;
  ADD_FAILURE() << "no activation " << name;
  return Activation::identity;
}

double std_of(const Matrix& m) {
  return std::sqrt((m.array().cast<double>() - m.cast<double>().mean()).square().sum() /
                   static_cast<double>(m.size() - 1));
}

TEST(Init, GainsArePyTorchs) {
  const JsonNode all = fixture("inits");
  for (const JsonMember& gain : all.find("gains")->members)
    EXPECT_DOUBLE_EQ(gain_of(activation_named(gain.key)), gain.value.number) << gain.key;
}

TEST(Init, MomentsAgreeWithPyTorch) {
  const JsonNode all = fixture("inits");
  Rng rng(0);
  Matrix weight(300, 200);
  for (const JsonNode& c : all.find("cases")->elements) {
    SCOPED_TRACE(to_json_line(c));
    init_weight(c.find("init_fn")->text, activation_named(c.find("activation")->text), rng, weight);
    // Of 60,000 draws the standard deviation is known to 0.3 %, and so on both sides: 2 % is more than 4 sigma.
    const double std_dev = c.find("std")->number;
    EXPECT_NEAR(std_of(weight), std_dev, 0.02 * std_dev);
    EXPECT_NEAR(weight.mean(), c.find("mean")->number, 0.02 * std_dev + 1e-7);
    // A uniform draw comes close to its bound; the tail of a normal says little.
    if (c.find("init_fn")->text.find("uniform") != std::string::npos) {
      EXPECT_NEAR(weight.cwiseAbs().maxCoeff(), c.find("largest")->number, 1e-3 * c.find("largest")->number);
    }
  }
}

TEST(Init, LinearDefaultIsPyTorchs) {
  Rng rng(0);
  Matrix weight(300, 200);
  Vector bias(300);
  init_linear_default(rng, weight, bias);
  const double bound = 1 / std::sqrt(200.0);
  EXPECT_LE(weight.cwiseAbs().maxCoeff(), bound);
  EXPECT_GT(weight.cwiseAbs().maxCoeff(), 0.999 * bound);
  EXPECT_LE(bias.cwiseAbs().maxCoeff(), bound);
  EXPECT_GT(bias.cwiseAbs().maxCoeff(), 0.95 * bound);
  EXPECT_NEAR(std_of(weight), fixture("inits").find("default")->find("std")->number, 0.02 * bound);
}

// The fan-out of a convolution counts the places of its window.
TEST(Init, XavierOfAConvolutionIsPyTorchs) {
  Rng rng(0);
  Matrix weight(30, 20 * 3 * 5);
  init_weight("xavier_uniform_", Activation::identity, rng, weight, 3 * 5);
  const double bound = std::sqrt(6.0 / (3 * 5 * (20 + 30)));
  EXPECT_LE(weight.cwiseAbs().maxCoeff(), bound);
  EXPECT_NEAR(weight.cwiseAbs().maxCoeff(), fixture("inits").find("xavier_of_a_convolution")->find("largest")->number,
              0.001 * bound);
}

TEST(Init, OrthogonalRowsOrColumnsAreOrthonormalTimesTheGain) {
  Rng rng(0);
  for (const auto& [rows, cols] : {std::pair{64, 4}, {4, 64}, {32, 32}, {1, 5}, {5, 1}}) {
    Matrix weight(rows, cols);
    orthogonal(2, rng, weight);
    const Matrix gram = rows <= cols ? Matrix(weight * weight.transpose()) : Matrix(weight.transpose() * weight);
    EXPECT_TRUE(gram.isApprox(4 * Matrix::Identity(gram.rows(), gram.cols()), 1e-5f)) << rows << "x" << cols;
  }
}

TEST(Init, OrthogonalHasNoPreferredSign) {
  // Without the sign correction Householder's Q has a first entry of one sign.
  Rng rng(0);
  Matrix weight(3, 3);
  int positive = 0;
  for (int i = 0; i < 200; ++i) {
    orthogonal(1, rng, weight);
    positive += weight(0, 0) > 0;
  }
  EXPECT_NEAR(positive, 100, 30);  // 4 sigma
}

TEST(Init, SaysWhichActivationsHaveNoGain) {
  EXPECT_THAT(init_problem("orthogonal_", Activation::elu), testing::HasSubstr("PyTorch defines none for elu"));
  EXPECT_EQ(init_problem("orthogonal_", Activation::tanh), "");
  EXPECT_EQ(init_problem("normal_", Activation::elu), "");
  EXPECT_EQ(init_problem("", Activation::elu), "");
}

}  // namespace
}  // namespace slm::init_test
