#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/observations.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/net/conv_shape.h"
#include "slm_lab/net/parameters.h"

namespace slm {

class ThreadPool;

/// What sees images at the front of a net. What it learns lies at the start of the parameters of the net that holds it,
/// and its buffers at the start of that one's buffers: these are the parameters that it is given.
class ImageLayers {
 public:
  virtual ~ImageLayers() = default;
  virtual const ImageShape& image() const = 0;
  /// Numbers that the layers make of an image, padding included, which is 0.
  virtual int num_outputs() const = 0;
  /// Where the outputs lie among them, in PyTorch's order: (channels, height, width).
  virtual std::vector<std::int32_t> output_places() const = 0;
  /// Laid out and initialised.
  virtual Parameters make_parameters(Rng& init) const = 0;

  /// Outputs (n, num_outputs) for `x` (n, image); valid until the next call.
  virtual ConstMatrixRef infer(const ObservationsView& x, Parameters& parameters) = 0;
  /// The same, and keeps what backward() needs; `x` must live until then.
  virtual ConstMatrixRef forward(const ObservationsView& x, Parameters& parameters) = 0;
  /// As in Net.
  virtual ConstMatrixRef forward_in_training(const ObservationsView& x, Parameters& parameters) {
    return forward(x, parameters);
  }
  /// Overwrites the layers' part of parameters.grads; `d_out` (n, num_outputs), with 0 for the padding.
  virtual void backward(const ConstMatrixRef& d_out, Parameters& parameters) = 0;
  /// The gradient with respect to the images (n, image); valid until the next call.
  virtual ConstMatrixRef backward_input(const ConstMatrixRef& d_out, const Parameters& parameters) = 0;
  virtual void parameters_changed() = 0;
  /// Threads that may share the work on a batch; borrowed. No bit of a result depends on how many there are.
  virtual void share_work(ThreadPool& threads) = 0;
  virtual std::unique_ptr<ImageLayers> clone() const = 0;
  /// The type of net that they make, and what they are made of, as in Net::description().
  virtual std::map<std::string, std::string> description() const = 0;
};

}  // namespace slm
