#include "slm_lab/net/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "slm_lab/base/error.h"
#include "slm_lab/net/dueling.h"
#include "slm_lab/net/net_types.h"

namespace slm {
namespace {

MlpShape mlp_shape(const NetConfig& config, int in_dim, const std::vector<Head>& heads) {
  std::vector<Activation> out = config.out_layer_activation;
  if (out.size() == 1) out.assign(heads.size(), out[0]);
  if (!out.empty() && out.size() != heads.size())
    throw SpecError(
        fmt::format("agent.net.out_layer_activation: {} activations for {} heads; give one, or one per head",
                    out.size(), heads.size()));
  return {in_dim, config.hid_layers, config.hid_layers_activation, out, heads, config.init_fn};
}

std::unique_ptr<Net> make_mlp(const NetConfig& config, int in_dim, const std::vector<Head>& heads, Rng& init) {
  return std::make_unique<MlpNet>(mlp_shape(config, in_dim, heads), init);
}

std::unique_ptr<Net> make_dueling_mlp(const NetConfig& config, int in_dim, const std::vector<Head>& heads, Rng& init) {
  if (heads.size() != 1)
    throw SpecError(
        "agent.net.type: DuelingMLPNet estimates action values and has one head; this algorithm needs more");
  return std::make_unique<DuelingMlpNet>(mlp_shape(config, in_dim, heads), init);
}

struct NetEntry {
  const char* name;
  std::unique_ptr<Net> (*make)(const NetConfig&, int in_dim, const std::vector<Head>&, Rng&);
};

constexpr NetEntry kNetTypes[] = {
    {"MLPNet", make_mlp}, {"DuelingMLPNet", make_dueling_mlp}, {"HydraMLPNet", nullptr},
    {"ConvNet", nullptr}, {"DuelingConvNet", nullptr},         {"RecurrentNet", nullptr},
};

}  // namespace

std::vector<std::string> net_type_names() {
  std::vector<std::string> names;
  for (const NetEntry& entry : kNetTypes) names.emplace_back(entry.name);
  return names;
}

bool net_type_available(std::string_view type) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::ranges::none_of(kNetTypes, [&](const NetEntry& e) {
    return !e.make && std::ranges::equal(std::string_view(e.name), type, same);
  });
}

std::unique_ptr<Net> make_net(const NetConfig& config, int in_dim, const std::vector<Head>& heads, Rng& init) {
  const auto* entry = std::find_if(std::begin(kNetTypes), std::end(kNetTypes),
                                   [&](const NetEntry& e) { return config.type == e.name; });
  ensure(entry != std::end(kNetTypes), "a net type of the table");
  if (!entry->make) throw Error(ExitCode::missing, fmt::format("{} is not in this version yet", config.type));
  return entry->make(config, in_dim, heads, init);
}

}  // namespace slm
