#include "slm_lab/net/dueling.h"

namespace slm {
namespace {

Eigen::Map<Matrix> matrix_in(AlignedBuffer& buffer, Eigen::Index rows, Eigen::Index cols) {
  const auto size = static_cast<std::size_t>(rows * cols);
  if (buffer.size() < size) buffer = AlignedBuffer(size);
  return {buffer.data(), rows, cols};
}

}  // namespace

std::vector<Head> dueling_heads(const Head& q) { return {Head{.width = 1, .init_gain = q.init_gain}, q}; }

ConstMatrixRef DuelingNet::infer(const ObservationsView& x) { return combine(heads_->infer(x), infer_out_); }

ConstMatrixRef DuelingNet::forward(const ObservationsView& x) { return combine(heads_->forward(x), out_); }

ConstMatrixRef DuelingNet::forward_in_training(const ObservationsView& x) {
  return combine(heads_->forward_in_training(x), out_);
}

void DuelingNet::backward(const ConstMatrixRef& d_out) { heads_->backward(split_gradient(d_out)); }

ConstMatrixRef DuelingNet::backward_input(const ConstMatrixRef& d_out) {
  return heads_->backward_input(split_gradient(d_out));
}

std::map<std::string, std::string> DuelingNet::description() const {
  std::map<std::string, std::string> description = heads_->description();
  description["type"].insert(0, "Dueling");
  return description;
}

// Plain loops: Eigen's sums depend on where a row starts in memory, and actions are few.

ConstMatrixRef DuelingNet::combine(const ConstMatrixRef& heads, AlignedBuffer& out) const {
  const Eigen::Index num_actions = out_dim();
  Eigen::Map<Matrix> q = matrix_in(out, heads.rows(), num_actions);
  for (Eigen::Index i = 0; i < q.rows(); ++i) {
    float sum = 0;
    for (Eigen::Index a = 0; a < num_actions; ++a) sum += heads(i, 1 + a);
    const float offset = heads(i, 0) - sum / static_cast<float>(num_actions);
    for (Eigen::Index a = 0; a < num_actions; ++a) q(i, a) = heads(i, 1 + a) + offset;
  }
  return q;
}

ConstMatrixRef DuelingNet::split_gradient(const ConstMatrixRef& d_out) {
  const Eigen::Index num_actions = out_dim();
  Eigen::Map<Matrix> d = matrix_in(d_heads_, d_out.rows(), 1 + num_actions);
  for (Eigen::Index i = 0; i < d.rows(); ++i) {
    float sum = 0;
    for (Eigen::Index a = 0; a < num_actions; ++a) sum += d_out(i, a);
    d(i, 0) = sum;  // dV
    const float mean = sum / static_cast<float>(num_actions);
    for (Eigen::Index a = 0; a < num_actions; ++a) d(i, 1 + a) = d_out(i, a) - mean;  // dA
  }
  return d;
}

}  // namespace slm
