#include "slm_lab/algorithm/twin_critics.h"

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/net/dense_input.h"
#include "slm_lab/net/registry.h"

namespace slm {
namespace {

std::unique_ptr<Net> make_critic(NetConfig config, const Space& inputs, int outputs, Rng& init) {
  config.out_layer_activation = {};  // is the policy's: values have no bounds
  Head values{.width = outputs};
  values.init_gain = config.critic_init_std;
  return make_net(config, inputs, {values}, init);
}

}  // namespace

void join(const ObservationsView& obs, const Matrix& actions, Matrix& joined) {
  joined.resize(obs.rows(), obs.cols() + actions.cols());
  write_dense_input(obs, joined.leftCols(obs.cols()));
  joined.rightCols(actions.cols()) = actions;
}

TwinCritics::Critic::Critic(const NetConfig& config, const Space& inputs, int outputs, Rng init)
    : online(make_critic(config, inputs, outputs, init), config), target(online, config.target) {}

TwinCritics::TwinCritics(std::string_view algorithm, const NetConfig& config, const Space& inputs, int outputs,
                         const Streams& streams)
    : algorithm_(algorithm),
      critics_{Critic(config, inputs, outputs, streams.stream("init", 1)),
               Critic(config, inputs, outputs, streams.stream("init", 2))},
      loss_(config.loss_spec) {}

TwinCritics::Fit TwinCritics::fit(const ObservationsView& inputs, const ConstMatrixRef& columns, const Vector& targets,
                                  const Vector& weights) {
  Fit fit;
  for (std::size_t i = 0; i < 2; ++i) {
    Trainer& online = critics_[i].online;
    const ConstMatrixRef q = online.forward(inputs);
    const double loss = loss_(q, columns, targets, weights);
    require_finite(loss, algorithm_, "critic loss");
    if (i == 0) {
      td_errors_ = targets - loss_.values();
      min_q_ = q;
    } else {
      td_errors_ = td_errors_.cwiseMax(targets - loss_.values());
      min_q_ = min_q_.cwiseMin(q);
    }
    online.backward(loss_.d_q_values());
    const float norm = online.step();
    require_finite(norm, algorithm_, "critic gradient");
    fit.loss += loss;
    fit.q_value += loss_.mean_value() / 2;
    fit.td_error += loss_.mean_error() / 2;
    fit.grad_norm += norm;
  }
  return fit;
}

void TwinCritics::follow() {
  for (Critic& critic : critics_)
    if (critic.target.is_polyak()) critic.target.polyak_towards(critic.online);
}

void TwinCritics::advance(std::int64_t frame, bool trained, int num_envs) {
  for (Critic& critic : critics_) {
    critic.online.advance(frame, trained);
    if (!critic.target.is_polyak()) critic.target.update(critic.online, frame, num_envs);
  }
}

double TwinCritics::lr() const { return (critics_[0].online.lr() + critics_[1].online.lr()) / 2; }

void TwinCritics::append_nets(std::vector<NamedNet>& nets) {
  nets.push_back({"q1_net", &critics_[0].online.net()});
  nets.push_back({"q2_net", &critics_[1].online.net()});
  nets.push_back({"target_q1_net", &critics_[0].target.net()});
  nets.push_back({"target_q2_net", &critics_[1].target.net()});
}

void TwinCritics::serialize(Archive& archive) {
  archive("q1", critics_[0].online);
  archive("target_q1", critics_[0].target);
  archive("q2", critics_[1].online);
  archive("target_q2", critics_[1].target);
}

}  // namespace slm
