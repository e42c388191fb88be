#include "slm_lab/net/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "slm_lab/base/error.h"
#include "slm_lab/net/dueling.h"
#include "slm_lab/net/net_types.h"

namespace slm {
namespace {

MlpShape mlp_shape(const NetConfig& config, const std::vector<int>& hid_layers, int in_dim,
                   const std::vector<Head>& heads) {
  std::vector<Activation> out = config.out_layer_activation;
  if (out.size() == 1) out.assign(heads.size(), out[0]);
  if (!out.empty() && out.size() != heads.size())
    throw SpecError(
        fmt::format("agent.net.out_layer_activation: {} activations for {} heads; give one, or one per head",
                    out.size(), heads.size()));
  return {in_dim, hid_layers, config.hid_layers_activation, out, heads, config.init_fn};
}

/// One function for each kind of config.
struct MakeNet {
  const NetConfig& config;
  const Space& observations;
  const std::vector<Head>& heads;
  Rng& init;

  std::unique_ptr<Net> operator()(const MlpConfig& mlp) const {
    return std::make_unique<MlpNet>(mlp_shape(config, mlp.hid_layers, observations.size(), heads), init);
  }
  std::unique_ptr<Net> operator()(const DuelingMlpConfig& mlp) const {
    if (heads.size() != 1)
      throw SpecError(
          "agent.net.type: DuelingMLPNet estimates action values and has one head; this algorithm needs more");
    return std::make_unique<DuelingMlpNet>(mlp_shape(config, mlp.hid_layers, observations.size(), heads), init);
  }
  template <class Later>
  std::unique_ptr<Net> operator()(const Later&) const {
    throw Error(ExitCode::missing, fmt::format("{} is not in this version yet", net_type_name(config.type)));
  }
};

}  // namespace

bool net_type_available(std::string_view type) {
  constexpr std::string_view kLater[] = {"HydraMLPNet", "ConvNet", "DuelingConvNet", "RecurrentNet"};
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::ranges::none_of(kLater, [&](std::string_view name) { return std::ranges::equal(name, type, same); });
}

std::unique_ptr<Net> make_net(const NetConfig& config, const Space& observations, const std::vector<Head>& heads,
                              Rng& init) {
  if (const std::string problem = observations_problem(config.type, observations); !problem.empty())
    throw SpecError("agent.net.type: " + problem);
  return std::visit(MakeNet{config, observations, heads, init}, config.type);
}

}  // namespace slm
