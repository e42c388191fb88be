#include "slm_lab/net/loss.h"

#include "tests/support/net_fixture.h"

namespace slm::loss_test {
namespace {

TEST(Loss, AgreesWithPyTorch) {
  const JsonNode cases = fixture("losses");
  ASSERT_EQ(cases.elements.size(), 7u);
  for (const JsonNode& c : cases.elements) {
    SCOPED_TRACE(to_json_line(*c.find("spec")));
    const LossConfig config = read_spec(*c.find("spec"), read_loss_config);
    const Vector pred = vector(*c.find("pred")), d_expected = vector(*c.find("d_pred"));
    Vector d_pred(pred.size());
    EXPECT_NEAR(mean_loss(config, pred, vector(*c.find("target")), d_pred), c.find("loss")->number, 1e-6);
    for (Eigen::Index i = 0; i < pred.size(); ++i) EXPECT_NEAR(d_pred[i], d_expected[i], 1e-6);
  }
}

TEST(Loss, ExactPredictionsHaveNoSlope) {
  for (const char* name : {"MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"}) {
    Vector d_pred(1);
    EXPECT_EQ(mean_loss({.name = name}, Vector{{3}}, Vector{{3}}, d_pred), 0) << name;
    EXPECT_EQ(d_pred[0], 0) << name;
  }
}

TEST(Loss, WeightsMultiplyEachElementAndTheMeanStaysOverN) {
  // Errors 1 and -2, squared 1 and 4, weighted 0.5 and 0.25: (0.5 + 1) / 2; slopes 2 e w / n.
  Vector d_pred(2);
  EXPECT_DOUBLE_EQ(mean_loss({.name = "MSELoss"}, Vector{{3, 1}}, Vector{{2, 3}}, Vector{{0.5, 0.25}}, d_pred), 0.75);
  EXPECT_FLOAT_EQ(d_pred[0], 0.5);
  EXPECT_FLOAT_EQ(d_pred[1], -0.5);
}

TEST(Loss, TakesAColumnOfAMatrixAndWritesIntoOne) {
  Matrix q{{1, 2}, {3, 4}};
  Vector d(2);
  EXPECT_DOUBLE_EQ(mean_loss({.name = "L1Loss"}, Vector(q.col(1)), Vector{{0, 0}}, d), 3);
  EXPECT_EQ(d, (Vector{{0.5, 0.5}}));
}

TEST(Loss, SpecNamesAreNotCaseSensitiveAndOthersAreRefused) {
  EXPECT_EQ(read_spec(R"({"name": "smoothl1loss", "beta": 2})", read_loss_config).beta, 2);
  EXPECT_THAT(problems(R"({"name": "MSELos"})", read_loss_config), testing::HasSubstr("did you mean MSELoss?"));
  EXPECT_THAT(problems(R"({"name": "MSELoss", "beta": 1})", read_loss_config), testing::HasSubstr("beta"));
}

}  // namespace
}  // namespace slm::loss_test
