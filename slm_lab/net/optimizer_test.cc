#include "slm_lab/net/optimizer.h"

#include <cmath>
#include <set>

#include "slm_lab/base/archive.h"
#include "tests/support/net_fixture.h"

namespace slm::optimizer_test {
namespace {

TEST(Optimizer, EveryPathAgreesWithPyTorch) {
  const JsonNode all = fixture("optimizers");
  std::set<std::string> seen;
  for (const JsonNode& c : all.find("cases")->elements) {
    SCOPED_TRACE(to_json_line(*c.find("spec")));
    const OptimizerConfig config = read_spec(*c.find("spec"), read_optimizer_config);
    seen.insert(config.name);
    std::vector<float> parameters = floats(*all.find("start"));
    Optimizer optimizer(config, parameters.size());
    const std::vector<JsonNode>& path = c.find("path")->elements;
    for (std::size_t t = 0; t < path.size(); ++t) {
      optimizer.step(parameters, floats(all.find("grads")->elements[t]));
      // Both sides round each step to float, in different orders: a few ulp of 1 per step.
      for (std::size_t i = 0; i < parameters.size(); ++i)
        ASSERT_NEAR(parameters[i], path[t].elements[i].number, 5e-6) << "step " << t << " parameter " << i;
    }
    EXPECT_EQ(optimizer.steps(), 20);
  }
  // The two that PyTorch lacks are below.
  EXPECT_EQ(seen.size() + 2, optimizer_names().size());
}

TEST(Optimizer, GlobalAdamDoesNotCorrectEps) {
  // The first step with g = 2: m = 0.2, v = 0.004; lr sqrt(0.001) / 0.1 * m / (sqrt(v) + eps).
  OptimizerConfig config = default_optimizer("GlobalAdam");
  config.lr = 0.1;
  config.eps = 0.01;
  std::vector<float> parameter = {1};
  Optimizer(config, 1).step(parameter, std::vector<float>{2});
  EXPECT_NEAR(parameter[0], 1 - 0.1 * std::sqrt(0.001) / 0.1 * 0.2 / (std::sqrt(0.004) + 0.01), 1e-6);
}

TEST(Optimizer, GlobalRmspropDividesByTheRootOfTheAverage) {
  // The first step with g = 2: v = 0.01 * 4.
  OptimizerConfig config = default_optimizer("GlobalRMSprop");
  EXPECT_EQ(config.lr, 0.01);
  std::vector<float> parameter = {1};
  Optimizer(config, 1).step(parameter, std::vector<float>{2});
  EXPECT_NEAR(parameter[0], 1 - 0.01 * 2 / 0.2, 1e-6);
}

TEST(Optimizer, DefaultsArePyTorchs) {
  EXPECT_EQ(default_optimizer("adamw").weight_decay, 0.01);
  EXPECT_EQ(default_optimizer("ADAM").weight_decay, 0);
  EXPECT_EQ(default_optimizer("RMSprop").lr, 0.01);
  EXPECT_EQ(default_optimizer("Adadelta").eps, 1e-6);
}

class EveryOptimizer : public testing::TestWithParam<std::string> {
 protected:
  static constexpr std::size_t kSize = 37;
  std::vector<float> grads(int step) const {
    std::vector<float> g(kSize);
    for (std::size_t i = 0; i < kSize; ++i) g[i] = std::sin(static_cast<float>(step) + static_cast<float>(i));
    return g;
  }
};

TEST_P(EveryOptimizer, ScalesTheGradientAsIfItHadBeenSmaller) {
  OptimizerConfig config = default_optimizer(GetParam());
  config.weight_decay = 0.1;
  Optimizer scaled(config, kSize), plain(config, kSize);
  std::vector<float> a(kSize, 0.5f), b(kSize, 0.5f);
  for (int step = 0; step < 8; ++step) {
    std::vector<float> g = grads(step);
    scaled.step(a, g, 0.25f);
    for (float& x : g) x *= 0.25f;
    plain.step(b, g);
  }
  for (std::size_t i = 0; i < kSize; ++i) EXPECT_NEAR(a[i], b[i], 2e-6);
}

TEST_P(EveryOptimizer, GoesOnAfterLoadingAsIfNothingHadHappened) {
  OptimizerConfig config = default_optimizer(GetParam());
  config.momentum = 0.9;
  Optimizer whole(config, kSize);
  std::vector<float> a(kSize, 0.5f);
  for (int step = 0; step < 5; ++step) whole.step(a, grads(step));

  Archive out;
  out("optimizer", whole);
  Archive in = out.reopened();
  Optimizer resumed(config, kSize);
  in("optimizer", resumed);
  std::vector<float> b = a;
  for (int step = 5; step < 10; ++step) {
    whole.step(a, grads(step));
    resumed.step(b, grads(step));
  }
  EXPECT_EQ(a, b);
  EXPECT_EQ(resumed.steps(), 10);
}

TEST_P(EveryOptimizer, LeavesPaddingAtZero) {
  Optimizer optimizer(default_optimizer(GetParam()), kSize);
  std::vector<float> parameters(kSize, 0.0f);
  for (int step = 0; step < 3; ++step) optimizer.step(parameters, std::vector<float>(kSize, 0.0f));
  EXPECT_EQ(parameters, std::vector<float>(kSize, 0.0f));
}

INSTANTIATE_TEST_SUITE_P(Table, EveryOptimizer, testing::ValuesIn(optimizer_names()));

TEST(Optimizer, RefusesWithTheList) {
  const std::string text = problems(R"({"name": "LBFGS", "lr": 0.1})", read_optimizer_config);
  EXPECT_THAT(text, testing::HasSubstr("RMSprop"));
  EXPECT_THAT(problems(R"({"name": "Adam", "momentum": 0.9})", read_optimizer_config), testing::HasSubstr("momentum"));
  EXPECT_THAT(problems(R"({"name": "Adam", "betas": [0.9]})", read_optimizer_config),
              testing::HasSubstr("two numbers"));
  EXPECT_THAT(problems(R"({"name": "SGD", "nesterov": true})", read_optimizer_config),
              testing::HasSubstr("requires momentum"));
}

}  // namespace
}  // namespace slm::optimizer_test
