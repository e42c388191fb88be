// What an MlpNet is made of: where its parameters lie and what they start from.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/net/init.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/mlp.h"

namespace slm {

MlpNet::MlpNet(MlpShape shape, Rng& init) : shape_(std::move(shape)) {
  ensure(shape_.in_dim > 0 && !shape_.heads.empty(), "a net has inputs and heads");
  ensure(shape_.out.empty() || shape_.out.size() == shape_.heads.size(), "one output activation per head");
  lay_out();
  initialise(init);
}

void MlpNet::lay_out() {
  std::size_t size = 0;
  const auto take = [&](std::int64_t rows, std::int64_t stride) {
    const std::size_t offset = size;
    size += static_cast<std::size_t>(rows * stride);
    return offset;
  };
  std::size_t transposed_size = 0;
  int in = shape_.in_dim;
  for (const int out : shape_.hid_layers) {
    const std::string name = fmt::format("body.{}", 2 * layers_.size());  // an activation follows each layer
    const int stride = kernel_padded(out);
    const Layer layer{in, out, take(in, stride), take(1, stride), transposed_size};
    transposed_size += static_cast<std::size_t>(out) * static_cast<std::size_t>(kernel_padded(in));
    parameters_.tensors.push_back({name + ".weight", {out, in}, layer.weight, stride, true});
    parameters_.tensors.push_back({name + ".bias", {out}, layer.bias, stride, false});
    layers_.push_back(layer);
    in = out;
  }
  heads_in_ = in;
  group_heads();
  for (HeadGroup& group : groups_) {
    if (group.is_dense()) group.weight = take(group.width, kernel_padded(in));
    if (!group.features) group.bias = take(1, kernel_padded(group.width));
  }
  name_heads();
  parameters_.values = AlignedBuffer(size);
  parameters_.grads = AlignedBuffer(size);
  transposed_ = AlignedBuffer(transposed_size);
  size_workspaces();
}

void MlpNet::group_heads() {
  for (const Head& head : shape_.heads) {
    ensure(head.width > 0, "a head has outputs");
    ensure(!head.features || head.width == heads_in_, "features are as many as the last hidden layer has");
    if (groups_.empty() || groups_.back().state_independent != head.state_independent ||
        groups_.back().features != head.features)
      groups_.push_back({out_dim_, 0, head.state_independent, head.features, 0, 0});
    groups_.back().width += head.width;
    out_dim_ += head.width;
  }
}

void MlpNet::name_heads() {
  const int stride = kernel_padded(heads_in_);
  int column = 0;
  for (std::size_t i = 0; i < shape_.heads.size(); ++i) {
    const int width = shape_.heads[i].width;
    const auto group = std::ranges::find_if(groups_, [&](const HeadGroup& g) { return column < g.column + g.width; });
    const auto row = static_cast<std::size_t>(column - group->column);
    if (group->is_dense())
      parameters_.tensors.push_back({fmt::format("tails.{}.weight", i),
                                     {width, heads_in_},
                                     group->weight + row * static_cast<std::size_t>(stride),
                                     stride,
                                     false});
    if (!group->features)
      parameters_.tensors.push_back({fmt::format("tails.{}.bias", i), {width}, group->bias + row, width, false});
    column += width;
  }
}

void MlpNet::size_workspaces() {
  int widest = 0;
  for (const Layer& layer : layers_) {
    widest = std::max(widest, layer.stride());
    h_.push_back({.stride = layer.stride()});
    if (!derivative_from_output(shape_.hidden)) z_.push_back({.stride = layer.stride()});
  }
  widest_ = widest;
  d_x_.stride = kernel_padded(shape_.in_dim);
}

MlpNet::PieceRows MlpNet::make_piece_rows() const {
  PieceRows rows;
  for (Workspace* of : {&rows.h[0], &rows.h[1], &rows.d[0], &rows.d[1], &rows.chosen_kept}) of->stride = widest_;
  rows.chosen_dy.stride = kernel_padded(out_dim_);
  rows.chosen_d_x.stride = kernel_padded(shape_.in_dim);
  return rows;
}

void MlpNet::initialise(Rng& rng) {
  std::size_t tensor = 0;
  for (std::size_t l = 0; l < layers_.size(); ++l, tensor += 2) initialise_linear(tensor, {}, 0, rng);
  for (const Head& head : shape_.heads) {
    if (head.features) continue;  // they have no parameters
    if (head.state_independent) {
      write_tensor(parameters_.tensors[tensor],
                   std::vector<float>(static_cast<std::size_t>(head.width), head.init_bias), parameters_.values);
      tensor += 1;
    } else {
      initialise_linear(tensor, head.init_gain, head.init_bias, rng);
      tensor += 2;
    }
  }
}

/// The weight tensors[index] and the bias that follows it.
void MlpNet::initialise_linear(std::size_t index, std::optional<float> gain, float init_bias, Rng& rng) {
  const Tensor& weight_tensor = parameters_.tensors[index];
  Matrix weight(weight_tensor.shape[0], weight_tensor.shape[1]);  // (out, in)
  Vector bias = Vector::Zero(weight.rows());
  if (gain)
    orthogonal(static_cast<double>(*gain), rng, weight);
  else if (shape_.init_fn.empty())
    init_linear_default(rng, weight, bias);
  else
    init_weight(shape_.init_fn, shape_.hidden, rng, weight);
  bias.array() += init_bias;
  write_tensor(weight_tensor, {weight.data(), static_cast<std::size_t>(weight.size())}, parameters_.values);
  write_tensor(parameters_.tensors[index + 1], {bias.data(), static_cast<std::size_t>(bias.size())},
               parameters_.values);
}

std::map<std::string, std::string> MlpNet::description() const {
  const auto name = [](Activation activation) { return kActivations[static_cast<int>(activation)].name; };
  std::vector<int> heads;
  std::vector<std::string> out;
  for (const Head& head : shape_.heads) heads.push_back(head.width);
  for (const Activation activation : shape_.out) out.push_back(fmt::format("\"{}\"", name(activation)));
  return {{"type", "MLPNet"},
          {"inputs", fmt::format("{}", shape_.in_dim)},
          {"hid_layers", fmt::format("[{}]", fmt::join(shape_.hid_layers, ", "))},
          {"hid_layers_activation", std::string(name(shape_.hidden))},
          {"heads", fmt::format("[{}]", fmt::join(heads, ", "))},
          {"out_layer_activation", fmt::format("[{}]", fmt::join(out, ", "))}};
}

}  // namespace slm
