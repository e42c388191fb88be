#pragma once

#include <string_view>

namespace slm {

/// The activations a spec can name; parameters are PyTorch's defaults (leakyrelu 0.01, elu and celu 1, shrinks 0.5,
/// ...).
enum class Activation : int {
  identity,
  relu,
  tanh,
  sigmoid,
  leakyrelu,
  elu,
  selu,
  celu,
  hardtanh,
  relu6,
  hardsigmoid,
  softsign,
  softshrink,
  hardshrink,
  gelu,  // the exact form, with erf
  silu,
  softplus,
  mish,
  logsigmoid,
  hardswish,
  tanhshrink,
};

struct ActivationEntry {
  std::string_view name;
  Activation value;
  bool derivative_from_output;  ///< else backward needs the stored input of the activation
};

inline constexpr ActivationEntry kActivations[] = {
    {"identity", Activation::identity, true},
    {"relu", Activation::relu, true},
    {"tanh", Activation::tanh, true},
    {"sigmoid", Activation::sigmoid, true},
    {"leakyrelu", Activation::leakyrelu, true},
    {"elu", Activation::elu, true},
    {"selu", Activation::selu, true},
    {"celu", Activation::celu, true},
    {"hardtanh", Activation::hardtanh, true},
    {"relu6", Activation::relu6, true},
    {"hardsigmoid", Activation::hardsigmoid, true},
    {"softsign", Activation::softsign, true},
    {"softshrink", Activation::softshrink, true},
    {"hardshrink", Activation::hardshrink, true},
    {"gelu", Activation::gelu, false},
    {"silu", Activation::silu, false},
    {"softplus", Activation::softplus, false},
    {"mish", Activation::mish, false},
    {"logsigmoid", Activation::logsigmoid, false},
    {"hardswish", Activation::hardswish, false},
    {"tanhshrink", Activation::tanhshrink, false},
};

/// Whether backward needs the output of the activation only; otherwise the net must keep the input.
constexpr bool derivative_from_output(Activation activation) {
  return kActivations[static_cast<int>(activation)].derivative_from_output;
}

}  // namespace slm
