#pragma once

#include "tests/support/double_returns.h"

namespace slm {

/// A policy and a critic in double, in one net (the value is its last output) or in two.
class DoubleActorCritic {
 public:
  DoubleActorCritic(RecordedRun& recorded, bool discrete, bool shared, std::optional<Space> bounds = {},
                    bool beta = false)
      : recorded_(recorded),
        discrete_(discrete),
        shared_(shared),
        bounds_(std::move(bounds)),
        beta_(beta),
        num_outputs_(recorded.net("net").out_dim() - (shared ? 1 : 0)),
        actor_(recorded.net("net")),
        critic_(recorded.net(shared ? "net" : "critic_net")) {}

  PolicyD policy(const MatrixD& obs, const MatrixD& actions) const {
    return policy_in_double(discrete_, actor_(obs).leftCols(num_outputs_), actions, bounds_, beta_);
  }
  VectorD values(const MatrixD& obs) const { return (shared_ ? actor_ : critic_)(obs).rightCols(1); }

  /// One step on the sum of both losses, or one of each net on its own.
  void descend(const std::function<double()>& policy_loss, const std::function<double()>& value_loss, double actor_lr,
               double critic_lr, double clip) {
    if (shared_) {
      actor_.descend(actor_.gradient([&] { return policy_loss() + value_loss(); }), actor_lr, clip);
      return;
    }
    actor_.descend(actor_.gradient(policy_loss), actor_lr, clip);
    critic_.descend(critic_.gradient(value_loss), critic_lr, clip);
  }

  /// The largest difference from the nets of the agent.
  double distance() const {
    const double of_actor = actor_.distance(recorded_.net("net"));
    return shared_ ? of_actor : std::max(of_actor, critic_.distance(recorded_.net("critic_net")));
  }

 private:
  RecordedRun& recorded_;
  bool discrete_, shared_;
  std::optional<Space> bounds_;
  bool beta_;
  Eigen::Index num_outputs_;
  DoubleNet actor_, critic_;
};

/// Advantages and the critic's targets of what was seen.
struct AdvantagesD {
  VectorD advantages, targets;
};
inline AdvantagesD advantages_in_double(const DoubleActorCritic& nets, const Transitions& seen, double gamma,
                                        std::optional<double> lam) {
  const auto critic = [&](const MatrixD& x) { return nets.values(x); };
  const VectorD values = critic(matrix_of(seen.obs)), next_values = next_values_of(seen, critic);
  if (lam) {
    const VectorD advantages = gae_in_double(seen, values, next_values, gamma, *lam);
    return {advantages, advantages + values};
  }
  const VectorD returns = returns_in_double(seen, next_values, gamma);
  return {returns - values, returns};
}

/// sqrt of the variance of all targets so far, at least 1: what normalize_v_targets divides values and targets by.
class DoubleScale {
 public:
  double after(const VectorD& targets) {
    all_.insert(all_.end(), targets.begin(), targets.end());
    const Eigen::Map<const VectorD> all(all_.data(), static_cast<Eigen::Index>(all_.size()));
    return std::max(1.0, std::sqrt((all.array() - all.mean()).square().mean() + 1e-8));
  }

 private:
  std::vector<double> all_;
};

/// sign(x) ln(1 + |x|), which symlog compares values and targets by.
inline VectorD symlog_of(const VectorD& x) { return x.array().sign() * (1 + x.array().abs()).log(); }

/// What percentile divides advantages by.
class DoublePercentiles {
 public:
  VectorD divided(const VectorD& advantages) {
    VectorD sorted = advantages;
    std::sort(sorted.begin(), sorted.end());
    const auto at = [&](double share) {
      const double position = share * static_cast<double>(sorted.size() - 1), below = std::floor(position);
      const auto i = static_cast<Eigen::Index>(below);
      return i + 1 < sorted.size() ? sorted[i] + (position - below) * (sorted[i + 1] - sorted[i]) : sorted[i];
    };
    distance_ = 0.99 * distance_ + 0.01 * (at(0.95) - at(0.05));
    return advantages / std::max(1.0, distance_);
  }

 private:
  double distance_ = 0;
};

/// What PPO is told.
struct DoublePpoConfig {
  double gamma, lam, clip_eps, entropy_coef, value_coef, actor_lr, critic_lr, max_norm;
  int epochs, minibatch_size;
  std::string normalize_advantages = "standardize";
  bool clip_vloss = false, recompute = false, normalize_targets = false, symlog = false;
  std::optional<double> target_kl = {};
};

/// Algorithm 1 of Schulman et al. 2017 over what was seen; returns how many minibatches it took.
inline int ppo_in_double(const DoublePpoConfig& c, const Transitions& seen, Rng& rng, DoubleScale& scale,
                         DoublePercentiles& percentiles, DoubleActorCritic& nets) {
  const MatrixD all_obs = matrix_of(seen.obs), all_actions = matrix_of(seen.actions);
  const VectorD old_log_probs = nets.policy(all_obs, all_actions).log_probs;
  VectorD old_values = nets.values(all_obs);
  const auto estimated = [&] {
    AdvantagesD now = advantages_in_double(nets, seen, c.gamma, c.lam);
    if (c.normalize_advantages == "standardize_rollout") now.advantages = standardized(now.advantages);
    return now;
  };
  AdvantagesD estimates = estimated();
  std::vector<std::int32_t> order;
  for (int i = 0; i < seen.size(); ++i) order.push_back(i);
  int num_minibatches = 0;
  for (int epoch = 0; epoch < c.epochs; ++epoch) {
    if (epoch > 0 && c.recompute) {
      estimates = estimated();
      old_values = nets.values(all_obs);
    }
    if (c.minibatch_size < seen.size()) rng.shuffle(order);
    double kl = 0;
    int num_in_epoch = 0;
    for (int begin = 0; begin < seen.size(); begin += c.minibatch_size, ++num_in_epoch) {
      const std::vector<int> rows(order.begin() + begin, order.begin() + begin + c.minibatch_size);
      const MatrixD obs = matrix_of(seen.obs, rows), actions = matrix_of(seen.actions, rows);
      const auto n = static_cast<Eigen::Index>(rows.size());
      VectorD advantages(n), targets(n), log_probs(n), values(n);
      for (Eigen::Index i = 0; i < n; ++i) {
        const int row = rows[static_cast<std::size_t>(i)];
        advantages[i] = estimates.advantages[row];
        targets[i] = estimates.targets[row];
        log_probs[i] = old_log_probs[row];
        values[i] = old_values[row];
      }
      if (c.normalize_advantages == "standardize") advantages = standardized(advantages);
      if (c.normalize_advantages == "percentile") advantages = percentiles.divided(advantages);
      if (c.symlog) {
        targets = symlog_of(targets);
        values = symlog_of(values);
      }
      const double by = c.normalize_targets && !c.clip_vloss ? scale.after(targets) : 1;
      const auto policy_loss = [&] {
        const PolicyD policy = nets.policy(obs, actions);
        double sum = 0;
        for (Eigen::Index i = 0; i < n; ++i) {
          const double ratio = std::exp(policy.log_probs[i] - log_probs[i]);
          sum -= std::min(ratio * advantages[i], std::clamp(ratio, 1 - c.clip_eps, 1 + c.clip_eps) * advantages[i]);
        }
        return sum / static_cast<double>(n) - c.entropy_coef * policy.entropy.mean();
      };
      const auto value_loss = [&] {
        const VectorD now = c.symlog ? symlog_of(nets.values(obs)) : nets.values(obs);
        if (!c.clip_vloss) return c.value_coef * ((now - targets) / by).squaredNorm() / static_cast<double>(n);
        double sum = 0;
        for (Eigen::Index i = 0; i < n; ++i) {
          const double clipped = values[i] + std::clamp(now[i] - values[i], -c.clip_eps, c.clip_eps);
          sum += std::max(std::pow(now[i] - targets[i], 2), std::pow(clipped - targets[i], 2)) / 2;
        }
        return c.value_coef * sum / static_cast<double>(n);
      };
      const VectorD log_ratios = nets.policy(obs, actions).log_probs - log_probs;
      kl += (log_ratios.array().exp() - 1 - log_ratios.array()).mean();
      nets.descend(policy_loss, value_loss, c.actor_lr, c.critic_lr, c.max_norm);
    }
    num_minibatches += num_in_epoch;
    if (c.target_kl && kl / num_in_epoch > *c.target_kl) break;
  }
  return num_minibatches;
}

}  // namespace slm
