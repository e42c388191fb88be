#include "slm_lab/memory/row_sampler.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/profile.h"

namespace slm {

RowSampler::RowSampler(const ReplayConfig& config, int num_envs)
    : config_(config), num_envs_(num_envs), tree_(config.prioritized() ? config.max_size : 1) {}

void RowSampler::add() {
  if (config_.prioritized()) tree_.set(next_row(), max_priority_);
  ++num_added_;
}

void RowSampler::draw(Rng& rng, Draw& out) {
  ensure(size() > 0, "a replay holds transitions before it is sampled");
  const auto n = static_cast<std::size_t>(config_.batch_size);
  out.rows.resize(n);
  out.forced.assign(n, 0);
  out.weights.setOnes(config_.batch_size);
  if (!config_.prioritized()) {
    for (std::int64_t& row : out.rows) row = rng.integers(0, size());
  } else {
    const double total = tree_.total(), slice = total / config_.batch_size;
    points_.resize(n);
    for (std::size_t i = 0; i < n; ++i)
      points_[i] = config_.stratified ? (static_cast<double>(i) + rng.random()) * slice : rng.random() * total;
    tree_.find(points_, out.rows);
  }
  if (config_.use_cer) put_in_newest(out);
}

// The last entries of the batch become the newest rows, the oldest of them first.
void RowSampler::put_in_newest(Draw& out) {
  const auto n = static_cast<std::int64_t>(out.rows.size());
  const std::int64_t num_new =
      std::min({num_added_ - num_passed_, static_cast<std::int64_t>(num_envs_), std::max<std::int64_t>(1, n / 2)});
  num_passed_ = num_added_;
  for (std::int64_t k = 1; k <= num_new; ++k) {
    const auto i = static_cast<std::size_t>(n - k);
    out.rows[i] = (num_added_ - k) % config_.max_size;
    out.forced[i] = 1;
  }
}

// w_i = (size P_i)^-beta / max_j w_j, eq. 5 ff.; rows that were put in, not drawn, have weight 1.
void RowSampler::weigh(double beta, Draw& out) const {
  if (!config_.prioritized() || !config_.importance_weights) return;
  const double scale = static_cast<double>(size()) / tree_.total();
  double largest = 0;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    if (out.forced[i]) continue;
    const double weight = std::pow(scale * tree_.get(out.rows[i]), -beta);
    out.weights[static_cast<Eigen::Index>(i)] = static_cast<float>(weight);
    largest = std::max(largest, weight);
  }
  for (std::size_t i = 0; i < out.rows.size(); ++i)
    if (!out.forced[i]) out.weights[static_cast<Eigen::Index>(i)] /= static_cast<float>(largest);
}

void RowSampler::update_priorities(const Draw& draw, const Eigen::Ref<const Vector>& errors) {
  if (!config_.prioritized()) return;
  const PhaseTimer timer(Phase::draw);
  priorities_.resize(draw.rows.size());
  for (std::size_t i = 0; i < draw.rows.size(); ++i) {
    const double error = std::abs(static_cast<double>(errors[static_cast<Eigen::Index>(i)]));
    priorities_[i] = std::pow(error + config_.epsilon, config_.alpha);
    max_priority_ = std::max(max_priority_, priorities_[i]);
  }
  tree_.set(draw.rows, priorities_);
}

void RowSampler::serialize(Archive& archive) {
  archive("num_added", num_added_);
  archive("num_passed", num_passed_);
  archive("max_priority", max_priority_);
  if (!config_.prioritized()) return;
  archive("priorities", tree_);
}

}  // namespace slm
