#include "slm_lab/experiment/divergence_causes.h"

#include <gtest/gtest.h>

#include "slm_lab/spec/json.h"

namespace slm::divergence_causes_test {
namespace {

std::string causes(const std::string& net) {
  return divergence_causes(parse_json(R"({"agent": {"net": )" + net + "}}", "spec.json"));
}

bool names(const std::string& text, const std::string& key) { return text.find(key) != std::string::npos; }

TEST(DivergenceCauses, NameTheLearningRatesOfTheSpec) {
  EXPECT_TRUE(names(causes(R"({"optim_spec": {"lr": 1}})"), "is too high (agent.net.optim_spec.lr),"));
  EXPECT_TRUE(names(causes("{}"), "is too high (agent.net.optim_spec.lr),"));
  EXPECT_TRUE(
      names(causes(R"({"optim_spec": {"lr": 1}, "actor_optim_spec": {"lr": 1}, "critic_optim_spec": {"lr": 1}})"),
            "are too high (agent.net.actor_optim_spec.lr, agent.net.critic_optim_spec.lr),"));
  EXPECT_TRUE(names(causes(R"({"critic_optim_spec": {"lr": 1}, "actor_optim_spec": null})"),
                    "are too high (agent.net.optim_spec.lr, agent.net.critic_optim_spec.lr),"));
}

TEST(DivergenceCauses, SayWhetherGradientsAreClipped) {
  EXPECT_TRUE(names(causes("{}"), "no gradient clipping (agent.net.clip_grad_val)"));
  EXPECT_TRUE(names(causes(R"({"clip_grad_val": null})"), "no gradient clipping"));
  EXPECT_TRUE(names(causes(R"({"clip_grad_val": 100})"), "clipped too late (agent.net.clip_grad_val)"));
}

}  // namespace
}  // namespace slm::divergence_causes_test
