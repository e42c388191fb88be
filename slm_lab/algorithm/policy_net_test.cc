#include "slm_lab/algorithm/policy_net.h"

#include <gtest/gtest.h>

#include "tests/support/agent_spec.h"
#include "tests/support/test_env.h"

namespace slm::policy_net_test {
namespace {

// The distribution clamps a log-std to [-5, 2] and passes no gradient beyond: a parameter that a step carried out of
// there would stay for ever.
TEST(PolicyNet, PutsAFreeLogStdBackOnItsBound) {
  const MatchEnv env(1, 2, 10, 1);
  const auto agent = make_agent(R"({"name": "test", "algorithm": {"name": "Reinforce", "gamma": 0.9,
      "training_frequency": 8}, "memory": {"name": "OnPolicyBatchReplay"}, "net": {"type": "MLPNet", "hid_layers": [4],
      "hid_layers_activation": "tanh", "log_std_init": 1.5}})",
                                env.info());
  Net& net = *agent->nets()[0].net;
  const Matrix obs = Matrix::Zero(1, 2);
  EXPECT_EQ(Matrix(net.infer(obs)).rightCols(2), (Matrix{{1.5f, 1.5f}}));
  for (const float everywhere : {100.0f, -100.0f, 0.25f}) {
    std::ranges::fill(net.parameters().values.span(), everywhere);
    net.parameters_changed();
    const float bounded = std::clamp(everywhere, -5.0f, 2.0f);
    EXPECT_EQ(Matrix(net.infer(obs)).rightCols(2), (Matrix{{bounded, bounded}}));
    EXPECT_GE(std::abs(Matrix(net.infer(obs))(0, 0)), std::abs(everywhere)) << "means have no bounds";
  }
}

}  // namespace
}  // namespace slm::policy_net_test
