#include "slm_lab/net/conv.h"

#include <fmt/format.h>

namespace slm {
namespace {

MlpShape on_outputs_of(const ImageLayers& convolutions, MlpShape dense) {
  dense.in_dim = convolutions.num_outputs();
  dense.inputs = convolutions.output_places();
  return dense;
}

}  // namespace

ConvNet::ConvNet(std::unique_ptr<ImageLayers> convolutions, MlpShape dense, Rng& init)
    : convolutions_(std::move(convolutions)),
      dense_(on_outputs_of(*convolutions_, std::move(dense)), init, convolutions_->make_parameters(init)) {}

ConstMatrixRef ConvNet::infer(const ObservationsView& x) { return dense_.infer(convolutions_->infer(x, parameters())); }

ConstMatrixRef ConvNet::forward(const ObservationsView& x) {
  return dense_.forward(convolutions_->forward(x, parameters()));
}

ConstMatrixRef ConvNet::forward_in_training(const ObservationsView& x) {
  return dense_.forward_in_training(convolutions_->forward_in_training(x, parameters()));
}

void ConvNet::backward(const ConstMatrixRef& d_out) {
  dense_.backward(d_out);
  convolutions_->backward(dense_.backward_input(d_out), parameters());
}

ConstMatrixRef ConvNet::backward_input(const ConstMatrixRef& d_out) {
  return convolutions_->backward_input(dense_.backward_input(d_out), parameters());
}

void ConvNet::parameters_changed() {
  convolutions_->parameters_changed();
  dense_.parameters_changed();
}

void ConvNet::share_work(ThreadPool& threads) {
  convolutions_->share_work(threads);
  dense_.share_work(threads);
}

std::map<std::string, std::string> ConvNet::description() const {
  std::map<std::string, std::string> description = convolutions_->description(), dense = dense_.description();
  description.merge(dense);  // the type is the convolutions'
  const ImageShape& image = convolutions_->image();
  description["inputs"] = fmt::format("[{}, {}, {}]", image.channels, image.height, image.width);
  description["fc_hid_layers"] = description["hid_layers"];
  description.erase("hid_layers");
  return description;
}

}  // namespace slm
