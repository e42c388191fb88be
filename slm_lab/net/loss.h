#pragma once

#include "slm_lab/base/matrix.h"
#include "slm_lab/spec/reader.h"

namespace slm {

/// A regression loss, with the meaning of PyTorch's class of the same name.
struct LossConfig {
  std::string name = "MSELoss";
  double beta = 1;   ///< SmoothL1Loss: where the parabola ends; 0 makes it L1Loss
  double delta = 1;  ///< HuberLoss: where the parabola ends
};

/// Reads the object `loss_spec` and ends it with done().
std::vector<std::string> loss_names();
LossConfig read_loss_config(SpecReader& spec);

using ConstVectorRef = Eigen::Ref<const Vector>;  // a vector or a segment of one, without a copy
using VectorRef = Eigen::Ref<Vector>;

/// The loss averaged over the n elements, and its gradient: d_pred = d(mean loss) / d(pred).
double mean_loss(const LossConfig& config, const ConstVectorRef& pred, const ConstVectorRef& target, VectorRef d_pred);
/// The same with each element's loss multiplied by its weight; still divided by n.
double mean_loss(const LossConfig& config, const ConstVectorRef& pred, const ConstVectorRef& target,
                 const ConstVectorRef& weights, VectorRef d_pred);

}  // namespace slm
