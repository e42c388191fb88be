// An MlpNet whose dense layers compute in bf16 (bf16_layers.h).

#include "slm_lab/base/error.h"
#include "slm_lab/net/dense_input.h"
#include "slm_lab/net/mlp.h"

namespace slm {
std::string bf16_problem(const MlpShape& shape) {
  if (shape.hid_layers.empty()) return "a net without dense hidden layers";
  if (shape.layer_norm) return "layer_norm";
  if (shape.batch_renorm) return "batch_renorm";
  for (const Head& head : shape.heads)
    if (head.features) return "exploration that depends on the state";
  return "";
}

std::optional<Bf16Layers> MlpNet::make_bf16_layers() const {
  if (shape_.bf16 == nullptr) return {};
  ensure(bf16_problem(shape_).empty(), "a shape that computes in bf16");
  Bf16Shape shape{.hidden = {}, .activation = shape_.hidden, .heads = {}};
  for (const Layer& layer : layers_)
    shape.hidden.push_back({layer.in, layer.out, layer.weight, layer.bias, layer.stride()});
  for (const HeadGroup& group : groups_) {
    if (!group.is_dense()) continue;
    shape.heads.push_back({heads_in_, group.width, group.weight, group.bias, kernel_padded(heads_in_)});
    shape.columns.push_back(group.column);
  }
  return Bf16Layers(*shape_.bf16, std::move(shape));
}

void MlpNet::infer_in_bf16(const ObservationsView& x, float* out) {
  const auto n = static_cast<int>(x.rows());
  bf16_->infer(n, dense_input(x, x_of_bytes_), parameters_.values.data(), {out, out_dim_});
  free_heads_forward(n, out);
  activate_heads(n, out, out);
}

ConstMatrixRef MlpNet::forward_in_bf16(const ObservationsView& x) {
  n_ = static_cast<int>(x.rows());
  float* const z = grown(shape_.out.empty() ? out_ : out_z_, x.rows() * out_dim_);
  bf16_->forward(n_, dense_input(x, x_of_bytes_), parameters_.values.data(), {z, out_dim_});
  free_heads_forward(n_, z);
  return end_forward(z);
}

void MlpNet::backward_in_bf16(ConstRows dy) {
  bf16_->backward(dy, parameters_.values.data(), parameters_.grads.data());
  for (const HeadGroup& group : groups_)
    if (group.state_independent)
      kernels().column_sums(n_, group.width, {dy.data + group.column, dy.stride}, false,
                            parameters_.grads.data() + group.bias);
}

}  // namespace slm
