#include "slm_lab/algorithm/actor_critic_nets.h"

#include <algorithm>

#include "slm_lab/algorithm/distribution.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/base/archive.h"

namespace slm {
namespace {

// Buffers grow to the largest batch and stay: no allocation later.
void grow_rows(Matrix& matrix, Eigen::Index rows, Eigen::Index cols) {
  if (matrix.rows() < rows) matrix.resize(rows, cols);
}

}  // namespace

void check_actor_critic_nets(const ActorCriticNetConfig& config, const ActionConfig& action, const EnvInfo& info,
                             SpecReader& net) {
  check_policy_net(config.actor, action, info, net, config.shared ? 1 : 0);
  if (!config.shared) check_net(config.critic, info.obs_space, 1, net, config.use_same_optim ? "actor_" : "critic_");
}

ActorCriticNets::ActorCriticNets(const ActorCriticNetConfig& config, const ActionConfig& action, const EnvInfo& info,
                                 const Streams& streams)
    : config_(config), num_policy_outputs_(0) {
  std::vector<Head> heads = policy_heads(config.actor, info.action_space, action.sde);
  for (const Head& head : heads) num_policy_outputs_ += head.width;
  Head value{.width = 1};
  value.init_gain = critic_config().critic_init_std;
  if (config.shared) heads.push_back(value);
  Rng init = streams.stream("init", 0);
  actor_ = std::make_unique<Trainer>(make_net(config.actor, info.obs_space, heads, init), config.actor);
  if (!config.shared) {
    Rng critic_init = streams.stream("init", 1);
    critic_ = std::make_unique<Trainer>(make_net(config.critic, info.obs_space, {value}, critic_init), config.critic);
  }
}

ConstMatrixRef ActorCriticNets::infer_policy(const ObservationsView& obs) {
  return actor_->infer(obs).leftCols(num_policy_outputs_);
}

void ActorCriticNets::infer_values(const ObservationsView& obs, Vector& values) {
  if (values.size() < obs.rows()) values.resize(obs.rows());
  const ConstMatrixRef outputs = (critic_ ? critic_ : actor_)->infer(obs);
  values.head(obs.rows()) = outputs.col(outputs.cols() - 1);
}

void ActorCriticNets::forward(const ObservationsView& obs) {
  n_ = obs.rows();
  if (values_.size() < n_) {
    values_.resize(n_);
    d_values_.resize(n_);
  }
  const ConstMatrixRef outputs = actor_->forward_in_training(obs);
  policy_outputs_.emplace(outputs.leftCols(num_policy_outputs_));
  grow_rows(d_outputs_, n_, outputs.cols());
  if (critic_) {
    values_.head(n_) = critic_->forward_in_training(obs).col(0);
    grow_rows(d_critic_outputs_, n_, 1);
  } else {
    values_.head(n_) = outputs.col(num_policy_outputs_);
  }
}

MatrixRef ActorCriticNets::d_policy_outputs() { return d_outputs_.topLeftCorner(n_, num_policy_outputs_); }

float ActorCriticNets::step() {
  if (!critic_) {
    d_outputs_.col(num_policy_outputs_).head(n_) = d_values_.head(n_);
    actor_->backward(d_outputs_.topRows(n_));
    return actor_->step();
  }
  actor_->backward(d_outputs_.topRows(n_));
  const float actor_norm = actor_->step();
  d_critic_outputs_.col(0).head(n_) = d_values_.head(n_);
  critic_->backward(d_critic_outputs_.topRows(n_));
  return (actor_norm + critic_->step()) / 2;
}

void ActorCriticNets::advance(std::int64_t frame, bool trained) {
  actor_->advance(frame, trained);
  if (critic_) critic_->advance(frame, trained);
}

double ActorCriticNets::lr() const { return critic_ ? (actor_->lr() + critic_->lr()) / 2 : actor_->lr(); }

std::int64_t ActorCriticNets::opt_step() const { return actor_->opt_step() + (critic_ ? critic_->opt_step() : 0); }

std::vector<NamedNet> ActorCriticNets::nets() {
  std::vector<NamedNet> nets{{"net", &actor_->net()}};
  if (critic_) nets.push_back({"critic_net", &critic_->net()});
  return nets;
}

void ActorCriticNets::serialize(Archive& archive) {
  archive("actor", *actor_);
  if (critic_) archive("critic", *critic_);
}

}  // namespace slm
