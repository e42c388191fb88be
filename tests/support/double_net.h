#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "slm_lab/net/batch_renorm.h"
#include "slm_lab/net/net.h"

namespace slm {

using MatrixD = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // (batch, feature)
using VectorD = Eigen::VectorXd;

/// A net of dense layers with tanh between them, in double precision, read from a Net by the names of its tensors;
/// where that normalises over batches, so does this. Its gradients are central differences of a loss, so that nothing
/// of a backward pass is assumed.
class DoubleNet {
 public:
  explicit DoubleNet(Net& net) : tensors_(net.parameters().tensors), values_(read(net)) {}

  BatchRenormConfig batch_renorm = {};  ///< of the net, where it has some

  /// Outputs (n, out_dim), the heads side by side, for `x` (n, in_dim).
  MatrixD operator()(const MatrixD& x) const {
    return run(x, [&](std::size_t, std::size_t buffers, MatrixD& z) {
      const VectorD mean = values_at(buffers, z.cols()), var = values_at(buffers + z.cols(), z.cols());
      z = (z.rowwise() - mean.transpose()).array().rowwise() / (var.array() + batch_renorm.eps).sqrt().transpose();
    });
  }

  /// What batch renormalisation of one layer corrects a batch by, (width) each.
  struct Correction {
    VectorD r, d;
  };
  /// Of every layer that has it, as things stand.
  std::vector<Correction> corrections(const MatrixD& x) const {
    std::vector<Correction> all;
    run(x, [&](std::size_t, std::size_t buffers, MatrixD& z) {
      const Eigen::Index width = z.cols();
      const double batches = values_[buffers + 2 * static_cast<std::size_t>(width)];
      const double warm = std::min(1.0, batches / static_cast<double>(batch_renorm.warmup_steps));
      const double r_max = 1 + warm * (batch_renorm.r_max - 1), d_max = warm * batch_renorm.d_max;
      Correction c{VectorD(width), VectorD(width)};
      for (Eigen::Index j = 0; j < width; ++j) {
        const auto at = static_cast<std::size_t>(j);
        const double std = std::sqrt(values_[buffers + static_cast<std::size_t>(width) + at] + batch_renorm.eps);
        c.r[j] = std::clamp(std::sqrt(variance(z.col(j)) + batch_renorm.eps) / std, 1 / r_max, r_max);
        c.d[j] = std::clamp((z.col(j).mean() - values_[buffers + at]) / std, -d_max, d_max);
      }
      all.push_back(c);
      correct(c, z);
    });
    return all;
  }
  /// The outputs in training; `fixed`: the corrections, which are constants to the gradient.
  MatrixD in_training(const MatrixD& x, const std::vector<Correction>& fixed) const {
    return run(x, [&](std::size_t layer, std::size_t, MatrixD& z) { correct(fixed[layer], z); });
  }
  /// Moves the running statistics by the batch `x`.
  void follow_batch(const MatrixD& x, const std::vector<Correction>& fixed) {
    std::vector<double> moved = values_;
    run(x, [&](std::size_t layer, std::size_t buffers, MatrixD& z) {
      const auto width = static_cast<std::size_t>(z.cols());
      for (std::size_t j = 0; j < width; ++j) {
        const VectorD column = z.col(static_cast<Eigen::Index>(j));
        moved[buffers + j] += batch_renorm.momentum * (column.mean() - values_[buffers + j]);
        moved[buffers + width + j] += batch_renorm.momentum * (variance(column) - values_[buffers + width + j]);
      }
      moved[buffers + 2 * width] += 1;
      correct(fixed[layer], z);
    });
    values_ = moved;
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
  /// `normalize(index, place of the buffers in values_, z)` turns what a normalised layer gives into x_hat.
  template <class Normalize>
  MatrixD run(const MatrixD& x, Normalize normalize) const {
    MatrixD h = x, out(x.rows(), 0);
    std::size_t at = 0, normalized = 0;
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const std::string& name = tensors_[i].name;
      const Eigen::Index width = tensors_[i].shape[0];
      const auto size = static_cast<std::size_t>(width);
      MatrixD z = MatrixD::Zero(x.rows(), width);
      if (name.ends_with(".weight")) {  // its bias follows
        const Eigen::Map<const MatrixD> weight(values_.data() + at, width, tensors_[i].shape[1]);
        z = h * weight.transpose();
        at += static_cast<std::size_t>(weight.size());
        ++i;
      }
      z.rowwise() += values_at(at, width).transpose();
      at += size;
      if (name.starts_with("tails.")) {
        out.conservativeResize(Eigen::NoChange, out.cols() + width);
        out.rightCols(width) = z;
        continue;
      }
      if (i + 3 < tensors_.size() && tensors_[i + 3].is_buffer) {  // gain, bias, mean, variance, number of batches
        normalize(normalized++, at + 2 * size, z);
        z = (z * values_at(at, width).asDiagonal()).rowwise() + values_at(at + size, width).transpose();
        at += 4 * size + 1;
        i += 5;
      }
      h = z.array().tanh();
    }
    return out;
  }

  void correct(const Correction& c, MatrixD& z) const {
    for (Eigen::Index j = 0; j < z.cols(); ++j) {
      const double mean = z.col(j).mean(), std = std::sqrt(variance(z.col(j)) + batch_renorm.eps);
      z.col(j) = c.r[j] * (z.col(j).array() - mean) / std + c.d[j];
    }
  }
  static double variance(const VectorD& x) { return (x.array() - x.mean()).square().mean(); }
  VectorD values_at(std::size_t at, Eigen::Index size) const {
    return Eigen::Map<const VectorD>(values_.data() + at, size);
  }

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
