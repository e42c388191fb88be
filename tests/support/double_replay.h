#pragma once

#include <deque>

#include "tests/support/noise_env.h"

namespace slm {

/// What a replay of the last `capacity` transitions draws, from their definition, in double precision.
struct DoubleBatch {
  std::vector<int> rows;  // of the ring
  MatrixD obs, actions, next_obs;
  VectorD rewards, discounts, weights;
};

class DoubleReplay {
 public:
  struct Priorities {
    double alpha, epsilon;
    bool stratified, weights;
  };

  DoubleReplay(int capacity, int batch_size) : capacity_(capacity), batch_size_(batch_size) {}
  void prioritize(const Priorities& config) {
    config_ = config;
    priorities_.assign(static_cast<std::size_t>(capacity_), 0);
  }

  /// The transitions of `seen` that are not in it yet.
  void add_new(const Transitions& seen) {
    seen_ = &seen;
    for (; num_added_ < seen.size(); ++num_added_)
      if (config_) priorities_[Transitions::at(num_added_ % capacity_)] = highest_;
  }

  /// Uniform with replacement, or by priority; rewards over up to `num_steps` steps.
  DoubleBatch draw(Rng& rng, double gamma, int num_steps, double beta) const {
    DoubleBatch batch;
    batch.weights.setOnes(batch_size_);
    const int size = std::min(num_added_, capacity_);
    if (!config_)
      for (int i = 0; i < batch_size_; ++i) batch.rows.push_back(static_cast<int>(rng.integers(0, size)));
    else
      draw_by_priority(rng, size, beta, batch);
    batch.rewards.resize(batch_size_);
    batch.discounts.resize(batch_size_);
    std::vector<int> first, last;
    for (int i = 0; i < batch_size_; ++i) {
      // The newest transition that lies in this row of the ring.
      const int row = batch.rows[Transitions::at(i)];
      int j = row + (num_added_ - 1 - row) / capacity_ * capacity_;
      first.push_back(j);
      batch.rewards[i] = seen_->reward(j);
      double discount = gamma;
      for (int k = 1; k < num_steps && !seen_->ended(j) && j + seen_->num_envs < num_added_; ++k) {
        j += seen_->num_envs;
        batch.rewards[i] += discount * seen_->reward(j);
        discount *= gamma;
      }
      batch.discounts[i] = discount * seen_->goes_on(j);
      last.push_back(j);
    }
    batch.obs = matrix_of(seen_->obs, first);
    batch.actions = matrix_of(seen_->actions, first);
    batch.next_obs = matrix_of(seen_->next_obs, last);
    return batch;
  }

  /// (|error| + epsilon)^alpha.
  void set_priorities(const DoubleBatch& batch, const VectorD& errors) {
    if (!config_) return;
    for (Eigen::Index i = 0; i < errors.size(); ++i) {
      double& priority = priorities_[Transitions::at(batch.rows[static_cast<std::size_t>(i)])];
      priority = std::pow(std::abs(errors[i]) + config_->epsilon, config_->alpha);
      highest_ = std::max(highest_, priority);
    }
  }

 private:
  void draw_by_priority(Rng& rng, int size, double beta, DoubleBatch& batch) const {
    double total = 0;
    for (const double priority : priorities_) total += priority;
    for (int i = 0; i < batch_size_; ++i) {
      double point = config_->stratified ? (i + rng.random()) * total / batch_size_ : rng.random() * total;
      int row = 0;
      while (point >= priorities_[Transitions::at(row)]) point -= priorities_[Transitions::at(row++)];
      batch.rows.push_back(row);
    }
    if (!config_->weights) return;
    for (int i = 0; i < batch_size_; ++i)
      batch.weights[i] = std::pow(size * priorities_[Transitions::at(batch.rows[Transitions::at(i)])] / total, -beta);
    batch.weights /= batch.weights.maxCoeff();
  }

  int capacity_, batch_size_, num_added_ = 0;
  std::optional<Priorities> config_;
  std::vector<double> priorities_;
  double highest_ = 1;
  const Transitions* seen_ = nullptr;
};

}  // namespace slm
