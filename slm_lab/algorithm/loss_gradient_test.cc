// Every loss an algorithm minimises, as a function of the outputs of its nets: its gradient against central
// differences.
#include <gtest/gtest.h>

#include <functional>

#include "slm_lab/algorithm/categorical_head.h"
#include "slm_lab/algorithm/deterministic_policy.h"
#include "slm_lab/algorithm/policy_gradient.h"
#include "slm_lab/algorithm/ppo.h"
#include "slm_lab/algorithm/q_values.h"
#include "slm_lab/algorithm/sil.h"
#include "slm_lab/algorithm/soft_policy.h"
#include "slm_lab/algorithm/state_dependent_normal.h"
#include "slm_lab/algorithm/value_loss.h"
#include "slm_lab/net/registry.h"

namespace slm::loss_gradient_test {
namespace {

constexpr Eigen::Index kRows = 5;

/// The loss of the outputs; writes its gradient with respect to them.
using Loss = std::function<double(const Matrix& outputs, Matrix& gradient)>;

struct Case {
  std::string name;
  Matrix outputs;
  Loss loss;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

Vector vector(std::vector<float> values) {
  return Eigen::Map<Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}
Matrix random_matrix(Eigen::Index rows, Eigen::Index cols, std::uint64_t seed) {
  Rng rng(seed);
  Matrix m(rows, cols);
  for (float& x : m.reshaped()) x = static_cast<float>(rng.uniform(-1.5, 1.5));
  return m;
}
/// Actions that are in the support of a policy with these outputs: indices, or points near the means.
Matrix actions_for(const Space& space) {
  Matrix actions = random_matrix(kRows, space.size(), 5);
  if (space.is_discrete())
    for (Eigen::Index i = 0; i < kRows; ++i) actions(i, 0) = static_cast<float>(i % space.n);
  return actions;
}

const Vector kWeights = vector({1, 0.5f, 0.25f, 1, 0.75f});
const Vector kAdvantages = vector({1.2f, -0.7f, 0.4f, -1.5f, 2.0f});

Case q_loss(const std::string& name) {
  LossConfig config;
  config.name = name;
  // errors of up to 3, on both sides of where a parabola becomes a line, none within a step of it
  const Vector targets = vector({0.9f, -2.5f, 0.1f, 3.0f, -0.4f});
  return {"q_" + name, random_matrix(kRows, 3, 1), [=](const Matrix& outputs, Matrix& gradient) {
            QLoss loss(config);
            const double value = loss(outputs, actions_for(Space::discrete(3)), targets, kWeights);
            gradient = loss.d_q_values();
            return value;
          }};
}

// In the logits of four returns for each of three actions.
Case categorical() {
  constexpr int kActions = 3, kOutputs = kActions * 4;
  return {"c51", random_matrix(kRows, kOutputs, 1), [](const Matrix& outputs, Matrix& gradient) {
            Batch batch;
            batch.actions = actions_for(Space::discrete(kActions));
            batch.rewards = kAdvantages;
            batch.discounts = vector({0.9f, 0, 0.9f, 0.729f, 0.9f});
            batch.draw.weights = kWeights;
            CategoricalHead head({.num_atoms = 4, .v_min = -1, .v_max = 2}, kActions, kRows);
            const Matrix next = random_matrix(kRows, kOutputs, 2);
            head.set_targets(batch, next, next);
            const double loss = head.fit(batch, outputs).loss;
            gradient = head.d_outputs();
            return loss;
          }};
}

Case policy_gradient(const std::string& name, const Space& space, const std::string& pdtype = "default",
                     bool tanh_mean = false) {
  return {"policy_gradient_" + name, random_matrix(kRows, num_distribution_outputs(space), 2),
          [=](const Matrix& outputs, Matrix& gradient) {
            const auto distribution = make_distribution(space, pdtype, tanh_mean);
            Vector d_log_probs;
            gradient.resize(outputs.rows(), outputs.cols());
            constexpr float kEntropyCoef = 0.3f;
            const PolicyGradientLoss loss = policy_gradient_loss(
                *distribution, outputs, actions_for(space), kAdvantages, 0.8f, kEntropyCoef, d_log_probs, gradient);
            return static_cast<double>(loss.policy - kEntropyCoef * loss.entropy);
          }};
}

Case ppo(const std::string& name, const Space& space, const std::string& pdtype = "default", bool tanh_mean = false) {
  return {"ppo_" + name, random_matrix(kRows, num_distribution_outputs(space), 2),
          [=](const Matrix& outputs, Matrix& gradient) {
            const auto distribution = make_distribution(space, pdtype, tanh_mean);
            distribution->evaluate(random_matrix(kRows, outputs.cols(), 7), actions_for(space));
            const Vector old_log_probs = distribution->log_probs();
            distribution->evaluate(outputs, actions_for(space));
            Vector d_log_probs(kRows);
            const SurrogateLoss loss =
                clipped_surrogate(distribution->log_probs(), old_log_probs, kAdvantages, 0.2f, d_log_probs);
            constexpr float kEntropyCoef = 0.3f;
            const double entropy = static_cast<double>(distribution->entropy().mean());
            gradient.resize(outputs.rows(), outputs.cols());
            distribution->gradient({d_log_probs.data(), kRows}, -kEntropyCoef / kRows, gradient);
            return static_cast<double>(loss.loss) - static_cast<double>(kEntropyCoef) * entropy;
          }};
}

// In the means and the weights of the noise of 3 features, of which no gradient is asked.
Case state_dependent_noise() {
  const Space space = Space::box({-2, -2}, {3, 3});
  return {"policy_gradient_sde", random_matrix(kRows, 2 + 6, 2), [=](const Matrix& outputs, Matrix& gradient) {
            StateDependentNormal distribution(space, {.sample_freq = 1}, /*tanh_mean=*/true);
            Matrix all(kRows, 2 + 6 + 3), d_all(kRows, 2 + 6 + 3);
            all << outputs, random_matrix(kRows, 3, 9);
            Vector d_log_probs;
            constexpr float kEntropyCoef = 0.3f;
            const PolicyGradientLoss loss = policy_gradient_loss(distribution, all, actions_for(space), kAdvantages,
                                                                 0.8f, kEntropyCoef, d_log_probs, d_all);
            gradient = d_all.leftCols(2 + 6);
            EXPECT_TRUE(d_all.rightCols(3).isZero(0));
            return static_cast<double>(loss.policy - kEntropyCoef * loss.entropy);
          }};
}

Case value(const std::string& name, bool normalize, bool symlog = false) {
  return {"value_" + name + (normalize ? "_normalized" : "") + (symlog ? "_symlog" : ""), random_matrix(kRows, 1, 3),
          [=](const Matrix& outputs, Matrix& gradient) {
            LossConfig config;
            config.name = name;
            ValueLoss loss(config, 0.5, normalize, symlog);
            gradient.resize(kRows, 1);
            return static_cast<double>(loss({outputs.data(), kRows}, 3 * kAdvantages, {gradient.data(), kRows}));
          }};
}

Case clipped_value() {
  return {"value_clipped", random_matrix(kRows, 1, 3), [](const Matrix& outputs, Matrix& gradient) {
            gradient.resize(kRows, 1);
            const Vector old_values = random_matrix(kRows, 1, 4);
            return static_cast<double>(clipped_value_loss({outputs.data(), kRows}, old_values, kAdvantages, 0.3f, 0.5f,
                                                          {gradient.data(), kRows}));
          }};
}

/// The imitation loss in the policy's outputs (its advantages count as constants) or in the critic's.
Case imitation(bool of_policy, const Space& space) {
  const Eigen::Index cols = of_policy ? num_distribution_outputs(space) : 1;
  return {of_policy ? "imitation_policy" : "imitation_value", random_matrix(kRows, cols, 3),
          [=](const Matrix& outputs, Matrix& gradient) {
            const auto distribution = make_distribution(space);
            const Matrix policy = of_policy ? outputs : random_matrix(kRows, num_distribution_outputs(space), 8);
            const Vector values = of_policy ? Vector(kAdvantages / 2) : Vector(outputs.col(0));
            distribution->evaluate(policy, actions_for(space));
            Vector advantages, d_log_probs, d_values(kRows);
            const ImitationLoss loss =
                imitation_loss({.sil_policy_loss_coef = 0.7, .sil_val_loss_coef = 0.4}, distribution->log_probs(),
                               values, kAdvantages, kWeights, advantages, d_log_probs, d_values);
            gradient.resize(outputs.rows(), outputs.cols());
            if (of_policy)
              distribution->gradient({d_log_probs.data(), kRows}, 0, gradient);
            else
              gradient.col(0) = d_values;
            return of_policy ? loss.policy_loss : loss.value_loss;
          }};
}

TwinLearners twins(const Space& inputs) {
  NetConfig config;
  config.type = MlpConfig{{8}};
  config.hid_layers_activation = Activation::tanh;
  return {"Test", config, inputs, 1, Streams(3, 0, 0)};
}

Case discrete_soft_policy() {
  return {"sac_discrete", random_matrix(kRows, 4, 1), [](const Matrix& outputs, Matrix& gradient) {
            DiscreteSoftPolicy policy({}, {.name = "Test", .obs_space = {}, .action_space = Space::discrete(4)});
            Rng none(0);
            TwinLearners unused = twins(Space::row(2));
            const Matrix min_q = random_matrix(kRows, 4, 2);
            const double loss = policy.loss(
                {.outputs = outputs, .obs = Observations(), .critics = unused, .min_q = min_q, .alpha = 0.3f}, none);
            gradient = policy.d_outputs();
            return loss;
          }};
}

// Through the sampled actions and the smaller of two critics.
Case continuous_soft_policy() {
  constexpr int kObs = 3, kActions = 2;
  return {"sac_continuous", random_matrix(kRows, 2 * kActions, 1), [](const Matrix& outputs, Matrix& gradient) {
            Rng noise(4);
            TwinLearners critics = twins(Space::row(kObs + kActions));
            ContinuousSoftPolicy policy({.name = "Test",
                                         .obs_space = Space::box({-1, -1, -1}, {1, 1, 1}),
                                         .action_space = Space::box({-1, -1}, {1, 1})});
            const Matrix obs = random_matrix(kRows, kObs, 2);
            const double loss =
                policy.loss({.outputs = outputs, .obs = obs, .critics = critics, .min_q = {}, .alpha = 0.3f}, noise);
            gradient = policy.d_outputs();
            return loss;
          }};
}

// Through tanh and the critic's inputs.
Case deterministic_policy() {
  constexpr int kObs = 3, kActions = 2;
  return {"td3", random_matrix(kRows, kActions, 1), [](const Matrix& outputs, Matrix& gradient) {
            NetConfig config;
            config.type = MlpConfig{{8}};
            config.hid_layers_activation = Activation::tanh;
            Rng init(3);
            Trainer critic(make_net(config, Space::row(kObs + kActions), {{1}}, init), config);
            DeterministicPolicy policy(kActions);
            const double loss = policy.loss(outputs, random_matrix(kRows, kObs, 2), critic);
            gradient = policy.d_outputs();
            return loss;
          }};
}

std::vector<Case> cases() {
  const Space discrete = Space::discrete(3), box = Space::box({-1, -1}, {1, 1});
  std::vector<Case> all{policy_gradient("categorical", discrete),
                        policy_gradient("normal", box),
                        policy_gradient("normal_tanh_mean", Space::box({-0.25f, -1}, {1, 0.25f}), "default", true),
                        policy_gradient("beta", Space::box({-2, -1.75f}, {3, 1.5f}), "Beta"),
                        ppo("categorical", discrete),
                        ppo("normal", box),
                        ppo("normal_tanh_mean", Space::box({-0.25f, -1}, {1, 0.25f}), "default", true),
                        ppo("beta", Space::box({-2, -1.75f}, {3, 1.5f}), "Beta"),
                        state_dependent_noise(),
                        clipped_value(),
                        categorical(),
                        imitation(true, discrete),
                        imitation(false, discrete),
                        discrete_soft_policy(),
                        continuous_soft_policy(),
                        deterministic_policy()};
  for (const std::string& name : loss_names()) {
    all.push_back(q_loss(name));
    all.push_back(value(name, false));
    all.push_back(value(name, true));
    all.push_back(value(name, false, true));
  }
  return all;
}

class EveryLoss : public testing::TestWithParam<Case> {};

TEST_P(EveryLoss, GradientMatchesFiniteDifferences) {
  Matrix outputs = GetParam().outputs, gradient, ignored;
  GetParam().loss(outputs, gradient);
  EXPECT_GT(gradient.cwiseAbs().maxCoeff(), 0.01f);
  // Terms of up to some units in float32: 1e-6 of them over a difference of 8e-3; curvature adds less.
  constexpr float kStep = 0x1p-8f;
  constexpr double kTolerance = 1e-3;
  for (Eigen::Index i = 0; i < outputs.size(); ++i) {
    const float x = outputs.data()[i];
    outputs.data()[i] = x + kStep;
    const double above = GetParam().loss(outputs, ignored);
    outputs.data()[i] = x - kStep;
    const double below = GetParam().loss(outputs, ignored);
    outputs.data()[i] = x;
    EXPECT_NEAR(gradient.data()[i], (above - below) / (2 * static_cast<double>(kStep)), kTolerance) << "output " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, EveryLoss, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace slm::loss_gradient_test
