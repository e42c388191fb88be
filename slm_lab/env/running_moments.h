#pragma once

#include "slm_lab/base/matrix.h"

namespace slm {

class Archive;

/// Mean and population variance of everything seen so far, per feature, by merging batches (Chan, Golub & LeVeque
/// 1979), as Gymnasium's RunningMeanStd: it starts at mean 0, variance 1, with the weight of 1e-4 samples.
class RunningMoments {
 public:
  RunningMoments() = default;
  explicit RunningMoments(int dim);

  int dim() const { return static_cast<int>(mean_.size()); }
  void update(const Matrix& batch);                    ///< (n, dim)
  void update(const Matrix& batch, const Mask& rows);  ///< the chosen rows of it
  void update(const Eigen::VectorXd& values);          ///< dim 1: (n)

  const Eigen::ArrayXd& mean() const { return mean_; }
  const Eigen::ArrayXd& var() const { return var_; }
  double count() const { return count_; }

  void serialize(Archive& archive);

 private:
  void merge(double n);  // batch_mean_ and batch_var_

  Eigen::ArrayXd mean_, var_;
  double count_ = 1e-4;
  Eigen::ArrayXd batch_mean_, batch_var_;  // workspace
};

/// What the normalising wrappers have learned. It belongs to the session: training updates it, evaluation reads it.
struct EnvStatistics {
  RunningMoments obs;
  RunningMoments discounted_return{1};

  void serialize(Archive& archive);
};

}  // namespace slm
