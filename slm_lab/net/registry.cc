#include "slm_lab/net/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "slm_lab/base/error.h"
#include "slm_lab/net/dueling.h"
#include "slm_lab/net/net_types.h"

namespace slm {
namespace {

/// Of an MlpConfig or a DuelingMlpConfig.
template <class Mlp>
MlpShape mlp_shape(const NetConfig& config, const Mlp& mlp, int in_dim, const std::vector<Head>& heads) {
  std::vector<Activation> out = config.out_layer_activation;
  if (out.size() == 1) out.assign(heads.size(), out[0]);
  if (!out.empty() && out.size() != heads.size())
    throw SpecError(
        fmt::format("agent.net.out_layer_activation: {} activations for {} heads; give one, or one per head",
                    out.size(), heads.size()));
  return {in_dim,         mlp.hid_layers, config.hid_layers_activation, out, heads,
          config.init_fn, mlp.layer_norm, config.batch_renorm};
}

/// One function for each kind of config.
struct MakeNet {
  const NetConfig& config;
  const Space& observations;
  const std::vector<Head>& heads;
  Rng& init;

  std::unique_ptr<Net> operator()(const MlpConfig& mlp) const {
    return std::make_unique<MlpNet>(mlp_shape(config, mlp, observations.size(), heads), init);
  }
  std::unique_ptr<Net> operator()(const DuelingMlpConfig& mlp) const {
    if (heads.size() != 1)
      throw SpecError(
          "agent.net.type: DuelingMLPNet estimates action values and has one head; this algorithm needs more");
    return std::make_unique<DuelingMlpNet>(mlp_shape(config, mlp, observations.size(), heads), init);
  }
  template <class Later>
  std::unique_ptr<Net> operator()(const Later&) const {
    const std::string type = net_type_name(config.type);
    throw Error(ExitCode::missing, fmt::format("agent.net.type = {}: {}", type, missing_for_net(type)));
  }
};

}  // namespace

std::string_view missing_for_net(std::string_view type) {
  struct Later {
    std::string_view name, missing;
  };
  constexpr std::string_view kConvolutions = "needs convolutions, which are not in this version yet";
  constexpr Later kLater[] = {
      {"HydraMLPNet", "needs nets of several bodies and heads, which are not in this version yet"},
      {"ConvNet", kConvolutions},
      {"DuelingConvNet", kConvolutions},
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
  return std::visit(MakeNet{config, observations, heads, init}, config.type);
}

}  // namespace slm
