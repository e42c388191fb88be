#include "slm_lab/env/running_moments.h"

#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {

RunningMoments::RunningMoments(int dim)
    : mean_(Eigen::ArrayXd::Zero(dim)), var_(Eigen::ArrayXd::Ones(dim)), batch_mean_(dim), batch_var_(dim) {}

void RunningMoments::update(const Matrix& batch) {
  ensure(batch.cols() == dim(), "the batch has as many columns as the moments");
  if (batch.rows() == 0) return;
  const auto n = static_cast<double>(batch.rows());
  batch_mean_.setZero();
  for (Eigen::Index i = 0; i < batch.rows(); ++i) batch_mean_ += batch.row(i).transpose().array().cast<double>();
  batch_mean_ /= n;
  batch_var_.setZero();
  for (Eigen::Index i = 0; i < batch.rows(); ++i)
    batch_var_ += (batch.row(i).transpose().array().cast<double>() - batch_mean_).square();
  batch_var_ /= n;
  merge(n);
}

void RunningMoments::update(const Matrix& batch, const Mask& rows) {
  ensure(batch.cols() == dim() && batch.rows() == rows.size(), "one flag for each row of the batch");
  const auto n = static_cast<double>(rows.count());
  if (n == 0) return;
  batch_mean_.setZero();
  for (Eigen::Index i = 0; i < batch.rows(); ++i)
    if (rows[i]) batch_mean_ += batch.row(i).transpose().array().cast<double>();
  batch_mean_ /= n;
  batch_var_.setZero();
  for (Eigen::Index i = 0; i < batch.rows(); ++i)
    if (rows[i]) batch_var_ += (batch.row(i).transpose().array().cast<double>() - batch_mean_).square();
  batch_var_ /= n;
  merge(n);
}

void RunningMoments::update(const Eigen::VectorXd& values) {
  ensure(dim() == 1, "single values are for moments of one feature");
  if (values.size() == 0) return;
  batch_mean_[0] = values.mean();
  batch_var_[0] = (values.array() - batch_mean_[0]).square().mean();
  merge(static_cast<double>(values.size()));
}

void RunningMoments::merge(double n) {
  const double total = count_ + n;
  // The new variance first: it needs the old mean.
  var_ = (var_ * count_ + batch_var_ * n + (batch_mean_ - mean_).square() * (count_ * n / total)) / total;
  mean_ += (batch_mean_ - mean_) * (n / total);
  count_ = total;
}

void RunningMoments::serialize(Archive& archive) {
  std::vector<double> mean(mean_.begin(), mean_.end());
  std::vector<double> var(var_.begin(), var_.end());
  archive("mean", mean);
  archive("var", var);
  archive("count", count_);
  if (archive.loading()) {
    const double count = count_;
    *this = RunningMoments(static_cast<int>(mean.size()));
    mean_ = Eigen::Map<const Eigen::ArrayXd>(mean.data(), dim());
    var_ = Eigen::Map<const Eigen::ArrayXd>(var.data(), dim());
    count_ = count;
  }
}

void EnvStatistics::serialize(Archive& archive) {
  archive("obs", obs);
  archive("discounted_return", discounted_return);
}

}  // namespace slm
