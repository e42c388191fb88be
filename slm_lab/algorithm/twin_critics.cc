#include "slm_lab/algorithm/twin_critics.h"

#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/net/dense_input.h"

namespace slm {

void join(const ObservationsView& obs, const Matrix& actions, Matrix& joined) {
  joined.resize(obs.rows(), obs.cols() + actions.cols());
  write_dense_input(obs, joined.leftCols(obs.cols()));
  joined.rightCols(actions.cols()) = actions;
}

Space critic_space(const EnvInfo& info) {
  if (info.action_space.is_discrete()) return info.obs_space;
  return Space::row(info.obs_space.size() + info.action_space.size());
}

void check_critic_net(const NetConfig& config, const EnvInfo& info, SpecReader& net) {
  NetConfig critic = config;
  critic.out_layer_activation = {};  // is the policy's
  const Space inputs = critic_space(info);
  if (info.obs_space.is_image() && !inputs.is_image() && !observations_problem(config.type, inputs).empty())
    net.problem(
        net.has("critic_type") ? "critic_type" : "type",
        "the critics see observations and continuous actions in one row of numbers, not images; expected MLPNet");
  else
    check_net(critic, inputs, 1, net, "critic_");
}

TwinCritics::TwinCritics(std::string_view algorithm, const NetConfig& config, const Space& inputs, int outputs,
                         const Streams& streams)
    : learners_(algorithm, config, inputs, outputs, streams),
      targets_{TargetNet(learners_.learner(0), config.target), TargetNet(learners_.learner(1), config.target)} {}

void TwinCritics::share_work(ThreadPool& threads) {
  learners_.share_work(threads);
  if (!learners_.apart())
    for (TargetNet& target : targets_) target.net().share_work(threads);
}

const std::array<Matrix, 2>& TwinCritics::target_values(const ObservationsView& inputs) {
  learners_.for_both(inputs.rows(), [&](std::size_t i) { target_values_[i] = targets_[i].infer(inputs); });
  return target_values_;
}

TwinLearners::Fit TwinCritics::fit(const ObservationsView& inputs, const ConstMatrixRef& columns, const Vector& targets,
                                   const Vector& weights) {
  learners_.forward_in_training(inputs);
  return learners_.step(columns, targets, weights);
}

void TwinCritics::follow() {
  // An average takes 0.15 ns a parameter, a product 0.02 ns for each and every row: it is worth as many as these.
  constexpr int kAsManyRows = 8;
  learners_.for_both(kAsManyRows, [&](std::size_t i) {
    if (targets_[i].is_polyak()) targets_[i].polyak_towards(learners_.learner(i));
  });
}

void TwinCritics::advance(std::int64_t frame, bool trained, int num_envs) {
  learners_.advance(frame, trained);
  for (std::size_t i = 0; i < 2; ++i)
    if (!targets_[i].is_polyak()) targets_[i].update(learners_.learner(i), frame, num_envs);
}

void TwinCritics::append_nets(std::vector<NamedNet>& nets) {
  learners_.append_nets(nets);
  nets.push_back({"target_q1_net", &targets_[0].net()});
  nets.push_back({"target_q2_net", &targets_[1].net()});
}

void TwinCritics::serialize(Archive& archive) {
  learners_.serialize(archive);
  archive("target_q1", targets_[0]);
  archive("target_q2", targets_[1]);
}

}  // namespace slm
