#include "slm_lab/net/conv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace slm {
namespace {

MlpShape on_outputs_of(const ConvLayers& convolutions, MlpShape dense) {
  dense.in_dim = convolutions.num_outputs();
  dense.inputs = convolutions.output_places();
  return dense;
}

}  // namespace

ConvNet::ConvNet(ConvShape convolutions, MlpShape dense, Rng& init)
    : convolutions_(std::move(convolutions)),
      dense_(on_outputs_of(convolutions_, std::move(dense)), init, convolutions_.make_parameters(init)) {}

ConstMatrixRef ConvNet::infer(const ObservationsView& x) { return dense_.infer(convolutions_.infer(x, values())); }

ConstMatrixRef ConvNet::forward(const ObservationsView& x) {
  return dense_.forward(convolutions_.forward(x, values()));
}

void ConvNet::backward(const ConstMatrixRef& d_out) {
  dense_.backward(d_out);
  convolutions_.backward(dense_.backward_input(d_out), values(), parameters().grads.data());
}

ConstMatrixRef ConvNet::backward_input(const ConstMatrixRef& d_out) {
  return convolutions_.backward_input(dense_.backward_input(d_out), values());
}

void ConvNet::parameters_changed() {
  convolutions_.parameters_changed();
  dense_.parameters_changed();
}

void ConvNet::share_work(ThreadPool& threads) {
  convolutions_.share_work(threads);
  dense_.share_work(threads);
}

std::map<std::string, std::string> ConvNet::description() const {
  std::map<std::string, std::string> description = dense_.description();
  const ConvShape& shape = convolutions_.shape();
  std::vector<std::string> rows;
  for (const ConvLayerShape& s : shape.layers)
    rows.push_back(fmt::format("[{}, {}, {}, {}, {}]", s.out_channels, s.kernel, s.stride, s.padding, s.dilation));
  description["type"] = "ConvNet";
  description["inputs"] = fmt::format("[{}, {}, {}]", shape.image.channels, shape.image.height, shape.image.width);
  description["conv_hid_layers"] = fmt::format("[{}]", fmt::join(rows, ", "));
  description["fc_hid_layers"] = description["hid_layers"];
  description.erase("hid_layers");
  description["normalize"] = shape.byte_scale == 1 ? "false" : "true";
  return description;
}

}  // namespace slm
