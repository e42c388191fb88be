#include "slm_lab/net/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "slm_lab/base/error.h"
#include "slm_lab/net/batch_norm_conv_layers.h"
#include "slm_lab/net/bf16_kernel.h"
#include "slm_lab/net/conv.h"
#include "slm_lab/net/conv_layers.h"
#include "slm_lab/net/dense_input.h"
#include "slm_lab/net/dueling.h"
#include "slm_lab/net/net_types.h"
#include "slm_lab/net/residual_layers.h"

namespace slm {
namespace {

// Narrower layers gain little or nothing in bf16 (bench/net_bench.cc, bench/conv_bench.cc).
constexpr int kWideEnoughForBf16 = 128, kChannelsEnoughForBf16 = 32;

float byte_scale(bool normalize) { return normalize ? kByteScale : 1; }

/// The kernels of bf16 that layers of this shape compute with; nullptr: float32.
const Bf16Kernels* bf16_kernels_of(const NetConfig& config, const MlpShape& shape) {
  if (config.precision == "float32") return nullptr;
  const std::string problem = bf16_problem(shape);
  ensure(config.precision != "bf16" || problem.empty(), "that was refused as it was read");
  const bool gains =
      problem.empty() && std::ranges::all_of(shape.hid_layers, [](int width) { return width >= kWideEnoughForBf16; });
  return config.precision == "bf16" || gains ? bf16_kernels() : nullptr;
}

/// Of the layers behind the observations; what is made of them decides about inputs.
MlpShape dense_shape(const NetConfig& config, std::vector<int> hid_layers, bool layer_norm,
                     const std::vector<Head>& heads) {
  std::vector<Activation> out = config.out_layer_activation;
  if (out.size() == 1) out.assign(heads.size(), out[0]);
  MlpShape shape{.in_dim = 0,
                 .hid_layers = std::move(hid_layers),
                 .hidden = config.hid_layers_activation,
                 .out = std::move(out),
                 .heads = heads,
                 .init_fn = config.init_fn,
                 .layer_norm = layer_norm,
                 .batch_renorm = config.batch_renorm};
  shape.bf16 = bf16_kernels_of(config, shape);
  return shape;
}

ConvShape conv_shape(const NetConfig& config, const ConvConfig& conv, const Space& observations) {
  return {image_shape(observations), conv_layer_shapes(conv), config.hid_layers_activation, config.init_fn,
          byte_scale(conv.normalize)};
}

/// One function for each kind of config.
struct MakeNet {
  const NetConfig& config;
  const Space& observations;
  const std::vector<Head>& heads;
  Rng& init;

  std::unique_ptr<Net> operator()(const MlpConfig& mlp) const { return make_mlp(mlp, heads); }
  std::unique_ptr<Net> operator()(const DuelingMlpConfig& mlp) const {
    return std::make_unique<DuelingNet>(make_mlp(mlp, dueling_heads(heads[0])));
  }
  std::unique_ptr<Net> operator()(const ConvConfig& conv) const { return make_conv(conv, heads); }
  std::unique_ptr<Net> operator()(const DuelingConvConfig& conv) const {
    return std::make_unique<DuelingNet>(make_conv(conv, dueling_heads(heads[0])));
  }
  std::unique_ptr<Net> operator()(const ImpalaConfig& impala) const { return make_impala(impala, heads); }
  std::unique_ptr<Net> operator()(const DuelingImpalaConfig& impala) const {
    return std::make_unique<DuelingNet>(make_impala(impala, dueling_heads(heads[0])));
  }
  template <class Later>
  std::unique_ptr<Net> operator()(const Later&) const {
    const std::string type = net_type_name(config.type);
    throw Error(ExitCode::missing, fmt::format("agent.net.type = {}: {}", type, missing_for_net(type)));
  }

  /// Of an MlpConfig or a DuelingMlpConfig.
  template <class Mlp>
  std::unique_ptr<Net> make_mlp(const Mlp& mlp, const std::vector<Head>& with) const {
    MlpShape shape = dense_shape(config, mlp.hid_layers, mlp.layer_norm, with);
    shape.in_dim = observations.size();
    return std::make_unique<MlpNet>(std::move(shape), init);
  }
  std::unique_ptr<Net> make_conv(const ConvConfig& conv, const std::vector<Head>& with) const {
    ConvShape convolutions = conv_shape(config, conv, observations);
    MlpShape dense = dense_shape(config, conv.fc_hid_layers, false, with);
    if (conv.batch_norm && convolutions.layers.size() > 1) {
      ensure(config.precision != "bf16", "that was refused as it was read");
      dense.bf16 = nullptr;
      auto layers = std::make_unique<BatchNormConvLayers>(std::move(convolutions));
      return std::make_unique<ConvNet>(std::move(layers), std::move(dense), init);
    }
    const bool gain = std::ranges::all_of(
        convolutions.layers, [](const ConvLayerShape& s) { return s.out_channels >= kChannelsEnoughForBf16; });
    if (config.precision == "auto" && !gain) dense.bf16 = nullptr;
    convolutions.bf16 = dense.bf16;
    return std::make_unique<ConvNet>(std::make_unique<ConvLayers>(std::move(convolutions)), std::move(dense), init);
  }
  std::unique_ptr<Net> make_impala(const ImpalaConfig& impala, const std::vector<Head>& with) const {
    ensure(config.precision != "bf16", "that was refused as it was read");
    MlpShape dense = dense_shape(config, impala.fc_hid_layers, false, with);
    dense.bf16 = nullptr;
    auto layers = std::make_unique<ResidualLayers>(ResidualShape{image_shape(observations), impala.channels,
                                                                 config.hid_layers_activation, config.init_fn,
                                                                 byte_scale(impala.normalize)});
    return std::make_unique<ConvNet>(std::move(layers), std::move(dense), init);
  }
};

}  // namespace

std::string_view missing_for_net(std::string_view type) {
  struct Later {
    std::string_view name, missing;
  };
  constexpr Later kLater[] = {
      {"HydraMLPNet", "needs nets of several bodies and heads, which are not in this version yet"},
      {"RecurrentNet", "needs recurrent layers, which are not in this version yet"},
  };
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  const auto* const found =
      std::ranges::find_if(kLater, [&](const Later& later) { return std::ranges::equal(later.name, type, same); });
  return found == std::end(kLater) ? "" : found->missing;
}

std::unique_ptr<Net> make_net(const NetConfig& config, const Space& observations, const std::vector<Head>& heads,
                              Rng& init) {
  if (const std::string problem = observations_problem(config.type, observations); !problem.empty())
    throw SpecError("agent.net.type: " + problem);
  const auto num_heads = static_cast<int>(heads.size());
  if (const std::string problem = heads_problem(config.type, num_heads); !problem.empty())
    throw SpecError("agent.net.type: " + problem);
  if (const std::string problem = out_activation_problem(config, num_heads); !problem.empty())
    throw SpecError("agent.net.out_layer_activation: " + problem);
  return std::visit(MakeNet{config, observations, heads, init}, config.type);
}

}  // namespace slm
