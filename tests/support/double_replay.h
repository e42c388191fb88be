#pragma once

#include "tests/support/noise_env.h"

namespace slm {

/// Which rows of a ring are drawn, and with which importance weights, from the definitions in double precision.
class DoubleSampler {
 public:
  struct Priorities {
    double alpha, epsilon;
    bool stratified, weights;
  };

  DoubleSampler(int capacity, int batch_size) : capacity_(capacity), batch_size_(batch_size) {}
  void prioritize(const Priorities& config) {
    config_ = config;
    priorities_.assign(static_cast<std::size_t>(capacity_), 0);
  }

  void add() {  // with the highest priority so far
    if (config_) priorities_[Transitions::at(num_added_ % capacity_)] = highest_;
    ++num_added_;
  }
  int num_added() const { return num_added_; }
  int batch_size() const { return batch_size_; }
  /// The number, counted from the start, of the newest that lies in this row of the ring.
  int newest_in(int row) const { return row + (num_added_ - 1 - row) / capacity_ * capacity_; }

  struct Rows {
    std::vector<int> rows;
    VectorD weights;
  };
  /// Uniform with replacement, or by priority.
  Rows draw(Rng& rng, double beta) const {
    Rows drawn{{}, VectorD::Ones(batch_size_)};
    const int size = std::min(num_added_, capacity_);
    double total = 0;
    for (const double priority : priorities_) total += priority;
    for (int i = 0; i < batch_size_; ++i) {
      int row = 0;
      if (!config_) {
        row = static_cast<int>(rng.integers(0, size));
      } else {
        double point = config_->stratified ? (i + rng.random()) * total / batch_size_ : rng.random() * total;
        while (point >= priorities_[Transitions::at(row)]) point -= priorities_[Transitions::at(row++)];
      }
      drawn.rows.push_back(row);
    }
    if (!config_ || !config_->weights) return drawn;
    for (int i = 0; i < batch_size_; ++i)
      drawn.weights[i] = std::pow(size * priorities_[Transitions::at(drawn.rows[Transitions::at(i)])] / total, -beta);
    drawn.weights /= drawn.weights.maxCoeff();
    return drawn;
  }

  /// (|error| + epsilon)^alpha.
  void set_priorities(const std::vector<int>& rows, const VectorD& errors) {
    if (!config_) return;
    for (Eigen::Index i = 0; i < errors.size(); ++i) {
      double& priority = priorities_[Transitions::at(rows[static_cast<std::size_t>(i)])];
      priority = std::pow(std::abs(errors[i]) + config_->epsilon, config_->alpha);
      highest_ = std::max(highest_, priority);
    }
  }

 private:
  int capacity_, batch_size_, num_added_ = 0;
  std::optional<Priorities> config_;
  std::vector<double> priorities_;
  double highest_ = 1;
};

/// What a critic of continuous actions sees.
inline MatrixD joined(const MatrixD& obs, const MatrixD& actions) {
  MatrixD m(obs.rows(), obs.cols() + actions.cols());
  m << obs, actions;
  return m;
}

/// Draws from the standard Normal, row after row.
inline MatrixD normal_matrix(Eigen::Index rows, Eigen::Index cols, Rng& rng) {
  MatrixD m(rows, cols);
  for (Eigen::Index i = 0; i < m.size(); ++i) m.data()[i] = rng.standard_normal();
  return m;
}

struct DoubleBatch {
  std::vector<int> rows;  // of the ring
  MatrixD obs, actions, next_obs;
  VectorD rewards, discounts, weights;
};

/// A ring of the last transitions.
class DoubleReplay {
 public:
  DoubleReplay(int capacity, int batch_size) : sampler_(capacity, batch_size) {}
  void prioritize(const DoubleSampler::Priorities& config) { sampler_.prioritize(config); }
  void keep_last_of_task() { keeps_last_of_task_ = true; }

  /// The transitions of `seen` that are not in it yet.
  void add_new(const Transitions& seen) {
    seen_ = &seen;
    while (sampler_.num_added() < seen.size()) sampler_.add();
  }

  /// Rewards are summed over up to `num_steps` steps.
  DoubleBatch draw(Rng& rng, double gamma, int num_steps, double beta) const {
    DoubleSampler::Rows drawn = sampler_.draw(rng, beta);
    DoubleBatch batch{.rows = drawn.rows,
                      .obs = {},
                      .actions = {},
                      .next_obs = {},
                      .rewards = VectorD(sampler_.batch_size()),
                      .discounts = VectorD(sampler_.batch_size()),
                      .weights = drawn.weights};
    std::vector<int> first, last;
    for (const int row : batch.rows) {
      int j = sampler_.newest_in(row);
      const auto i = static_cast<Eigen::Index>(first.size());
      first.push_back(j);
      batch.rewards[i] = seen_->reward(j);
      double discount = gamma;
      for (int k = 1; k < num_steps && !seen_->ended(j) && j + seen_->num_envs < sampler_.num_added(); ++k) {
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
    if (keeps_last_of_task_) return batch;
    // Else it keeps no observation where the task ended: the one before stands for it, whose value has the discount 0.
    const MatrixD before = matrix_of(seen_->obs, last);
    for (Eigen::Index i = 0; i < batch.discounts.size(); ++i)
      if (batch.discounts[i] == 0) batch.next_obs.row(i) = before.row(i);
    return batch;
  }

  void set_priorities(const DoubleBatch& batch, const VectorD& errors) { sampler_.set_priorities(batch.rows, errors); }

 private:
  DoubleSampler sampler_;
  bool keeps_last_of_task_ = false;
  const Transitions* seen_ = nullptr;
};

}  // namespace slm
