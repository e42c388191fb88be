#include "slm_lab/net/loss.h"

#include <cmath>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

struct Point {
  float value, slope;
};

// Each loss as a function of the error e = pred - target of one element.
Point squared(float e, float) { return {e * e, 2 * e}; }
Point absolute(float e, float) { return {std::abs(e), e > 0 ? 1.0f : e < 0 ? -1.0f : 0.0f}; }
Point smooth_l1(float e, float beta) {
  if (std::abs(e) < beta) return {0.5f * e * e / beta, e / beta};
  return {std::abs(e) - 0.5f * beta, absolute(e, 0).slope};
}
Point huber(float e, float delta) {
  if (std::abs(e) <= delta) return {0.5f * e * e, e};
  return {delta * (std::abs(e) - 0.5f * delta), delta * absolute(e, 0).slope};
}

template <Point (*kLoss)(float, float), class Weight>
double mean(const ConstVectorRef& pred, const ConstVectorRef& target, float parameter, Weight weight,
            VectorRef& d_pred) {
  const Eigen::Index n = pred.size();
  const float share = 1.0f / static_cast<float>(n);
  double sum = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const Point point = kLoss(pred[i] - target[i], parameter);
    sum += static_cast<double>(weight(i)) * static_cast<double>(point.value);
    d_pred[i] = weight(i) * point.slope * share;
  }
  return sum / static_cast<double>(n);
}

template <class Weight>
double dispatch(const LossConfig& config, const ConstVectorRef& pred, const ConstVectorRef& target, Weight weight,
                VectorRef& d_pred) {
  ensure(pred.size() == target.size() && pred.size() == d_pred.size(), "one target and one gradient per prediction");
  if (config.name == "MSELoss") return mean<squared>(pred, target, 0, weight, d_pred);
  if (config.name == "L1Loss") return mean<absolute>(pred, target, 0, weight, d_pred);
  if (config.name == "SmoothL1Loss")
    return mean<smooth_l1>(pred, target, static_cast<float>(config.beta), weight, d_pred);
  ensure(config.name == "HuberLoss", "a loss of the table");
  return mean<huber>(pred, target, static_cast<float>(config.delta), weight, d_pred);
}

}  // namespace

std::vector<std::string> loss_names() { return {"MSELoss", "SmoothL1Loss", "HuberLoss", "L1Loss"}; }

LossConfig read_loss_config(SpecReader& spec) {
  LossConfig c;
  spec.choose("name", loss_names(), "the regression loss of value predictions",
              [&](const std::string& name, SpecReader& r) {
                c.name = name;
                if (name == "SmoothL1Loss")
                  r.read("beta", c.beta, "error where the parabola becomes a line", at_least(0));
                if (name == "HuberLoss") r.read("delta", c.delta, "error where the parabola becomes a line", above(0));
              });
  spec.done();
  return c;
}

double mean_loss(const LossConfig& config, const ConstVectorRef& pred, const ConstVectorRef& target, VectorRef d_pred) {
  return dispatch(
      config, pred, target, [](Eigen::Index) { return 1.0f; }, d_pred);
}

double mean_loss(const LossConfig& config, const ConstVectorRef& pred, const ConstVectorRef& target,
                 const ConstVectorRef& weights, VectorRef d_pred) {
  ensure(weights.size() == pred.size(), "one weight per prediction");
  return dispatch(
      config, pred, target, [&](Eigen::Index i) { return weights[i]; }, d_pred);
}

}  // namespace slm
