#include "slm_lab/net/target_net.h"

#include <gtest/gtest.h>

#include "slm_lab/net/registry.h"

namespace slm::target_net_test {
namespace {

NetConfig config(TargetUpdateConfig target) {
  NetConfig c;
  c.type = MlpConfig{{3}};
  c.target = std::move(target);
  return c;
}

/// A learner whose parameters are all `value`.
std::unique_ptr<Trainer> constant_net(float value) {
  Rng rng(1);
  auto learner = std::make_unique<Trainer>(make_net(config({}), Space::row(2), {{1}}, rng), config({}));
  Net& net = learner->net();
  Parameters& parameters = net.parameters();
  for (const Tensor& tensor : parameters.tensors)
    write_tensor(tensor, std::vector<float>(read_tensor(tensor, parameters.values).size(), value), parameters.values);
  net.parameters_changed();
  return learner;
}

float value_of(TargetNet& target) {
  const Parameters& parameters = target.net().parameters();
  const float first = read_tensor(parameters.tensors[0], parameters.values)[0];
  for (const Tensor& tensor : parameters.tensors)
    for (const float x : read_tensor(tensor, parameters.values)) EXPECT_EQ(x, first) << tensor.name;
  return first;
}

// What constant_net(value) gives for an input of ones: relu(3 value), three of them.
float output_of(float value) { return 9 * value * value + value; }

float output(TargetNet& target) { return target.infer(Matrix(Matrix::Ones(1, 2)))(0, 0); }

TEST(TargetNet, StartsAsACopyAndIsOneOfItsOwn) {
  const auto online = constant_net(0.5f);
  TargetNet target(*online, {});
  EXPECT_EQ(value_of(target), 0.5f);
  online->net().parameters().values.span()[0] = 7;  // the first weight
  EXPECT_EQ(value_of(target), 0.5f);
}

TEST(TargetNet, ReplacesWhenTheFramePassesAMultiple) {
  auto online = constant_net(0.5f);
  TargetNet target(*online, {.update_type = "replace", .update_frequency = 10});
  online = constant_net(2);
  // Four environments: frames 4, 8, 12, ..., of which 12 passes 10, and 20 reaches 20.
  const std::vector<float> expected{0.5f, 0.5f, 2, 2, 3};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (i == 3) online = constant_net(3);
    target.update(*online, 4 * (static_cast<std::int64_t>(i) + 1), 4);
    EXPECT_EQ(value_of(target), expected[i]) << "frame " << 4 * (i + 1);
    EXPECT_FLOAT_EQ(output(target), output_of(expected[i])) << "what it infers is of its new values";
  }
}

TEST(TargetNet, MovesAShareOfTheWayWithEveryPolyakUpdate) {
  auto online = constant_net(1);
  TargetNet target(*online, {.update_type = "polyak", .update_frequency = 1, .polyak_coef = 0.25});
  online = constant_net(5);
  target.update(*online, 3, 4);  // 0.25 * 5 + 0.75 * 1
  EXPECT_FLOAT_EQ(value_of(target), 2);
  target.polyak_towards(*online);
  EXPECT_FLOAT_EQ(value_of(target), 2.75f);
  EXPECT_FLOAT_EQ(output(target), output_of(2.75f));
}

}  // namespace
}  // namespace slm::target_net_test
