// What an MlpNet is made of: where its parameters lie and what they start from.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/net/init.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/mlp.h"

namespace slm {

MlpNet::MlpNet(MlpShape shape, Rng& init, const Parameters& in_front) : shape_(std::move(shape)) {
  ensure(shape_.in_dim > 0 && !shape_.heads.empty(), "a net has inputs and heads");
  ensure(!shape_.layer_norm || !shape_.batch_renorm, "one kind of normalisation");
  ensure(shape_.out.empty() || shape_.out.size() == shape_.heads.size(), "one output activation per head");
  lay_out(in_front);
  initialise(in_front.tensors.size(), init);
  piece_rows_.push_back(make_piece_rows());
}

void MlpNet::lay_out(const Parameters& in_front) {
  const std::size_t learnt_in_front = in_front.learnt_size();
  parameters_.tensors = in_front.tensors;
  parameters_.buffers_size = in_front.buffers_size;
  for (Tensor& tensor : parameters_.tensors)
    if (tensor.is_buffer) tensor.offset -= learnt_in_front;
  std::size_t size = learnt_in_front;
  const auto take = [&](std::int64_t rows, std::int64_t stride) {
    const std::size_t offset = size;
    size += static_cast<std::size_t>(rows * stride);
    return offset;
  };
  std::size_t transposed_size = 0;
  int in = shape_.in_dim;
  for (const int out : shape_.hid_layers) {
    const std::size_t place = (normalises() ? 3 : 2) * layers_.size();  // an activation follows each layer
    const std::string name = fmt::format("body.{}", place);
    const int stride = kernel_padded(out);
    Layer layer{in, out, take(in, stride), take(1, stride), 0, 0, 0, transposed_size};
    transposed_size += static_cast<std::size_t>(out) * static_cast<std::size_t>(kernel_padded(in));
    parameters_.tensors.push_back({name + ".weight", {out, num_inputs(in)}, layer.weight, stride, true});
    if (layers_.empty()) parameters_.tensors.back().inputs = shape_.inputs;
    parameters_.tensors.push_back({name + ".bias", {out}, layer.bias, stride, false});
    if (normalises()) lay_out_norm(layer, place + 1, size);
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
  make_room(parameters_, size);
  const float* const in_front_values = in_front.values.data();
  std::copy_n(in_front_values, learnt_in_front, parameters_.values.data());
  std::copy_n(in_front_values + learnt_in_front, in_front.buffers_size, parameters_.values.data() + size);
  transposed_ = AlignedBuffer(shape_.bf16 == nullptr ? transposed_size : 0);
  size_workspaces();
  bf16_ = make_bf16_layers();
}

/// The normalisation `body.place` of a layer.
void MlpNet::lay_out_norm(Layer& layer, std::size_t place, std::size_t& size) {
  const int stride = layer.stride();
  const auto width = static_cast<std::size_t>(stride);
  const std::string name = fmt::format("body.{}", place);
  layer.gain = size;
  layer.shift = size + width;
  size += 2 * width;
  parameters_.tensors.push_back({name + ".weight", {layer.out}, layer.gain, stride, false});
  parameters_.tensors.push_back({name + ".bias", {layer.out}, layer.shift, stride, false});
  if (!shape_.batch_renorm) return;
  layer.running = add_running_statistics(name, layer.out, parameters_);
  batch_renorms_.emplace_back(*shape_.batch_renorm, layer.out);
}

/// Of a layer that sees `in` numbers, those that are inputs.
int MlpNet::num_inputs(int in) const {
  return layers_.empty() && !shape_.inputs.empty() ? static_cast<int>(shape_.inputs.size()) : in;
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
    if (group->is_dense()) {
      parameters_.tensors.push_back({fmt::format("tails.{}.weight", i),
                                     {width, num_inputs(heads_in_)},
                                     group->weight + row * static_cast<std::size_t>(stride),
                                     stride,
                                     false});
      if (layers_.empty()) parameters_.tensors.back().inputs = shape_.inputs;
    }
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
    if (normalises()) x_hat_.push_back({.stride = layer.stride()});
    if (shape_.layer_norm) inv_std_.push_back({.stride = 1});
  }
  widest_ = widest;
  for (Workspace& workspace : d_in_training_) workspace.stride = widest;
  d_x_.stride = kernel_padded(shape_.in_dim);
}

MlpNet::PieceRows MlpNet::make_piece_rows() const {
  PieceRows rows;
  for (Workspace* of : {&rows.h[0], &rows.h[1], &rows.d[0], &rows.d[1], &rows.chosen_kept, &rows.chosen_x_hat})
    of->stride = widest_;
  rows.inv_std.stride = rows.chosen_inv_std.stride = 1;
  rows.chosen_dy.stride = kernel_padded(out_dim_);
  rows.chosen_d_x.stride = kernel_padded(shape_.in_dim);
  return rows;
}

/// From tensors[first] on.
void MlpNet::initialise(std::size_t first, Rng& rng) {
  std::size_t tensor = first;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    initialise_linear(tensor, {}, 0, rng);
    tensor += 2;
    if (normalises()) tensor = initialise_norm(tensor);
  }
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

/// From tensors[index] on: the gain is 1 and the running variance too, the rest 0, whatever init_fn says. Returns the
/// index of what follows.
std::size_t MlpNet::initialise_norm(std::size_t index) {
  const auto set_to_one = [&](const Tensor& tensor) {
    write_tensor(tensor, std::vector<float>(static_cast<std::size_t>(tensor.shape[0]), 1.0f), parameters_.values);
  };
  set_to_one(parameters_.tensors[index]);
  if (!shape_.batch_renorm) return index + 2;
  set_to_one(parameters_.tensors[index + 3]);
  return index + 5;
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
  std::map<std::string, std::string> description{
      {"type", "MLPNet"},
      {"inputs", fmt::format("{}", shape_.inputs.empty() ? shape_.in_dim : static_cast<int>(shape_.inputs.size()))},
      {"hid_layers", fmt::format("[{}]", fmt::join(shape_.hid_layers, ", "))},
      {"hid_layers_activation", std::string(name(shape_.hidden))},
      {"heads", fmt::format("[{}]", fmt::join(heads, ", "))},
      {"out_layer_activation", fmt::format("[{}]", fmt::join(out, ", "))}};
  if (shape_.layer_norm) description["layer_norm"] = "true";
  if (bf16_) description["precision"] = bf16_->name();
  if (shape_.batch_renorm) description["batch_renorm"] = fmt::format(R"({{"eps": {}}})", shape_.batch_renorm->eps);
  return description;
}

}  // namespace slm
