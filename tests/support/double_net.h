#pragma once

#include <Eigen/Core>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "slm_lab/net/net.h"

namespace slm {

using MatrixD = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // (batch, feature)
using VectorD = Eigen::VectorXd;

/// A net of dense layers with tanh between them, in double precision, read from a Net by the names of its tensors. Its
/// gradients are central differences of a loss, so that nothing of a backward pass is assumed.
class DoubleNet {
 public:
  explicit DoubleNet(Net& net) : tensors_(net.parameters().tensors), values_(read(net)) {}

  /// Outputs (n, out_dim), the heads side by side, for `x` (n, in_dim).
  MatrixD operator()(const MatrixD& x) const {
    MatrixD h = x, out(x.rows(), 0);
    for (std::size_t i = 0, at = 0; i < tensors_.size(); ++i) {
      const std::string& name = tensors_[i].name;
      const bool is_weight = name.ends_with(".weight"), is_hidden = name.starts_with("body.");
      const Eigen::Index width = tensors_[i].shape[0];
      MatrixD z = MatrixD::Zero(x.rows(), width);
      if (is_weight) {  // its bias follows
        const Eigen::Map<const MatrixD> weight(values_.data() + at, width, tensors_[i].shape[1]);
        z = h * weight.transpose();
        at += static_cast<std::size_t>(weight.size());
        ++i;
      }
      z.rowwise() += Eigen::Map<const Eigen::RowVectorXd>(values_.data() + at, width);
      at += static_cast<std::size_t>(width);
      if (is_hidden) {
        h = z.array().tanh();
      } else {
        out.conservativeResize(Eigen::NoChange, out.cols() + width);
        out.rightCols(width) = z;
      }
    }
    return out;
  }

  /// d loss / d parameters, where `loss` calls this net.
  std::vector<double> gradient(const std::function<double()>& loss) {
    constexpr double kStep = 1e-5;  // a term of order kStep^2 is left out
    std::vector<double> d(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const double x = values_[i];
      values_[i] = x + kStep;
      const double above = loss();
      values_[i] = x - kStep;
      d[i] = (above - loss()) / (2 * kStep);
      values_[i] = x;
    }
    return d;
  }

  /// values -= lr * gradient, the gradient shortened to the norm `clip`.
  void descend(const std::vector<double>& gradient, double lr, double clip = std::numeric_limits<double>::infinity()) {
    double squares = 0;
    for (const double d : gradient) squares += d * d;
    const double scale = std::min(1.0, clip / (std::sqrt(squares) + 1e-6));
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] -= lr * scale * gradient[i];
  }

  /// values = coef * online + (1 - coef) * values.
  void follow(const DoubleNet& online, double coef) {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += coef * (online.values_[i] - values_[i]);
  }

  /// The largest difference between a parameter here and the same of `net`.
  double distance(Net& net) const {
    const std::vector<double> others = read(net);
    double largest = others.size() == values_.size() ? 0 : std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < values_.size() && i < others.size(); ++i)
      largest = std::max(largest, std::abs(values_[i] - others[i]));
    return largest;
  }

 private:
  static std::vector<double> read(Net& net) {
    std::vector<double> values;
    for (const Tensor& tensor : net.parameters().tensors)
      for (const float value : read_tensor(tensor, net.parameters().values)) values.push_back(value);
    return values;
  }

  std::vector<Tensor> tensors_;
  std::vector<double> values_;  // those of tensors_, one after the other
};

}  // namespace slm
