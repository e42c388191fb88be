#include "slm_lab/algorithm/twin_learners.h"

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/net/registry.h"

namespace slm {
namespace {

Trainer make_critic(NetConfig config, const Space& inputs, int outputs, Rng init) {
  config.out_layer_activation = {};  // is the policy's: values have no bounds
  Head values{.width = outputs};
  values.init_gain = config.critic_init_std;
  return {make_net(config, inputs, {values}, init), config};
}

}  // namespace

TwinLearners::TwinLearners(std::string_view algorithm, const NetConfig& config, const Space& inputs, int outputs,
                           const Streams& streams)
    : algorithm_(algorithm),
      learners_{make_critic(config, inputs, outputs, streams.stream("init", 1)),
                make_critic(config, inputs, outputs, streams.stream("init", 2))},
      losses_{QLoss(config.loss_spec), QLoss(config.loss_spec)} {}

void TwinLearners::share_work(ThreadPool& threads) {
  constexpr int kThreadsForEach = 2;
  if (threads.size() < 2 * kThreadsForEach)
    threads_ = &threads;
  else
    for (Trainer& learner : learners_) learner.net().share_work(threads);
}

void TwinLearners::forward_in_training(const ObservationsView& inputs) {
  for_both(inputs.rows(), [&](std::size_t i) { q_values_[i] = learners_[i].forward_in_training(inputs); });
}

TwinLearners::Fit TwinLearners::step(const ConstMatrixRef& columns, const Vector& targets, const Vector& weights) {
  std::array<Step, 2> steps;
  for_both(q_values_[0].rows(), [&](std::size_t i) {
    steps[i].loss = losses_[i](q_values_[i].topRows(targets.size()), columns, targets, weights);
    require_finite(steps[i].loss, algorithm_, "critic loss");
    backward(i, targets.size());
    steps[i].grad_norm = learners_[i].step();
    require_finite(steps[i].grad_norm, algorithm_, "critic gradient");
  });
  Fit fit;
  for (std::size_t i = 0; i < 2; ++i) {
    fit.loss += steps[i].loss;
    fit.q_value += losses_[i].mean_value() / 2;
    fit.td_error += losses_[i].mean_error() / 2;
    fit.grad_norm += steps[i].grad_norm;
  }
  td_errors_ = ((targets - losses_[0].values()).cwiseAbs() + (targets - losses_[1].values()).cwiseAbs()) / 2;
  min_q_ = q_values_[0].topRows(targets.size()).cwiseMin(q_values_[1].topRows(targets.size()));
  return fit;
}

/// Of the loss, which is one of the first `rows` only.
void TwinLearners::backward(std::size_t i, Eigen::Index rows) {
  if (q_values_[i].rows() == rows) return learners_[i].backward(losses_[i].d_q_values());
  d_q_values_[i].setZero(q_values_[i].rows(), q_values_[i].cols());
  d_q_values_[i].topRows(rows) = losses_[i].d_q_values();
  learners_[i].backward(d_q_values_[i]);
}

void TwinLearners::advance(std::int64_t frame, bool trained) {
  for (Trainer& learner : learners_) learner.advance(frame, trained);
}

double TwinLearners::lr() const { return (learners_[0].lr() + learners_[1].lr()) / 2; }

void TwinLearners::append_nets(std::vector<NamedNet>& nets) {
  nets.push_back({"q1_net", &learners_[0].net()});
  nets.push_back({"q2_net", &learners_[1].net()});
}

void TwinLearners::serialize(Archive& archive) {
  archive("q1", learners_[0]);
  archive("q2", learners_[1]);
}

}  // namespace slm
