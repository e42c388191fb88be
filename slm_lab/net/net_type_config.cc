#include "slm_lab/net/net_type_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <concepts>

#include "slm_lab/base/space.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/residual_shape.h"

namespace slm {
namespace {

// More than anyone needs, and far from where sizes overflow.
const Range kWidths = between(1, 65536);
constexpr std::int64_t kMostNumbersOfImage = 1 << 26;  // several images lie in one array, by 32-bit offsets

void read_hid_layers(SpecReader& r, std::vector<int>& hid_layers) {
  r.require("hid_layers", hid_layers, "widths of the hidden layers", kWidths);
  if (hid_layers.empty() && r.has("hid_layers")) r.problem("hid_layers", "expected at least one hidden layer");
}

void read_normalisation(SpecReader& r, bool& layer_norm) {
  r.inert("normalize", "had no effect in the reference for MLPNet; see env.normalize_obs");
  r.inert("batch_norm", "had no effect in the reference for MLPNet");
  r.read("layer_norm", layer_norm, "layer normalisation between each hidden layer and its activation");
}

NetTypeConfig read_mlp(SpecReader& r) {
  MlpConfig c;
  read_hid_layers(r, c.hid_layers);
  read_normalisation(r, c.layer_norm);
  return c;
}

NetTypeConfig read_dueling_mlp(SpecReader& r) {
  DuelingMlpConfig c;
  read_hid_layers(r, c.hid_layers);
  read_normalisation(r, c.layer_norm);
  return c;
}

NetTypeConfig read_hydra_mlp(SpecReader& r) {
  r.inert("hid_layers", "HydraMLPNet is not in this version");
  return HydraMlpConfig{};
}

void read_dense_after_convolutions(SpecReader& r, std::vector<int>& fc_hid_layers) {
  r.require("fc_hid_layers", fc_hid_layers, "widths of the dense layers after the convolutions", kWidths);
}

void read_normalize(SpecReader& r, bool& normalize) { r.read("normalize", normalize, "divide the input by 255"); }

/// PyTorch allows more; what it makes of such windows is the bias alone. Of its pooling layers the padding is limited
/// too.
void check_paddings(SpecReader& r, const ConvConfig& c) {
  std::vector<std::vector<int>> nearest = c.conv_hid_layers;
  std::string problem;
  for (std::vector<int>& row : nearest) {
    const std::int64_t most = most_padding({row[0], row[1], row[2], row[3], row[4]});
    if (row[3] <= most) continue;
    if (problem.empty())
      problem = fmt::format(
          "[{}]: a padding of {} makes windows that see nothing of the image; expected at most dilation * (kernel - 1) "
          "= {}",
          fmt::join(row, ", "), row[3], most);
    row[3] = static_cast<int>(most);
  }
  if (!problem.empty()) r.problem("conv_hid_layers", fmt::format("{}; nearest legal value: {}", problem, nearest));
}

void read_convolutions(SpecReader& r, ConvConfig& c) {
  r.require("conv_hid_layers", c.conv_hid_layers,
            "rows of out_channels, kernel, stride, padding, dilation; the padding is at most dilation * (kernel - 1)",
            between(0, *kWidths.high));
  if (std::ranges::all_of(c.conv_hid_layers, [](const std::vector<int>& row) {
        return row.size() == 5 && row[0] > 0 && row[1] > 0 && row[2] > 0 && row[4] > 0;
      }))
    check_paddings(r, c);
  else
    r.problem("conv_hid_layers",
              "expected rows of [out_channels, kernel, stride, padding, dilation], of which only "
              "the padding may be 0");
  read_dense_after_convolutions(r, c.fc_hid_layers);
  if (c.conv_hid_layers.empty() && r.has("conv_hid_layers"))
    r.problem("conv_hid_layers", "expected at least one convolution");
  read_normalize(r, c.normalize);
  r.read("batch_norm", c.batch_norm, "batch normalisation after each convolution but the first, behind its activation");
}

NetTypeConfig read_conv(SpecReader& r) {
  ConvConfig c;
  c.batch_norm = true;
  read_convolutions(r, c);
  return c;
}

NetTypeConfig read_dueling_conv(SpecReader& r) {
  DuelingConvConfig c;
  read_convolutions(r, c);
  return c;
}

/// Of an ImpalaConfig or a DuelingImpalaConfig.
template <class Config>
NetTypeConfig read_impala(SpecReader& r) {
  Config c;
  r.require("channels", c.channels, "channels of each stage of residual convolutions, say 16, 32, 32", kWidths);
  if (c.channels.empty() && r.has("channels")) r.problem("channels", "expected at least one stage");
  r.inert("conv_hid_layers", "residual convolutions are given by their channels");
  r.inert("batch_norm", "residual convolutions have none");
  read_dense_after_convolutions(r, c.fc_hid_layers);
  read_normalize(r, c.normalize);
  return c;
}

NetTypeConfig read_recurrent(SpecReader& r) {
  RecurrentConfig c;
  r.read("cell_type", c.cell_type, "kind of recurrent cell", one_of({"GRU", "RNN", "LSTM"}));
  r.require("fc_hid_layers", c.fc_hid_layers, "widths of the dense layers before the recurrent ones", kWidths);
  r.require("rnn_hidden_size", c.rnn_hidden_size, "width of the recurrent state", kWidths);
  r.read("rnn_num_layers", c.rnn_num_layers, "recurrent layers", between(1, 64));
  r.read("bidirectional", c.bidirectional, "read the sequence in both directions");
  r.require("seq_len", c.seq_len, "length of the sequence", kWidths);
  return c;
}

/// In the order of NetTypeConfig.
struct NetTypeEntry {
  const char* name;
  NetTypeConfig (*read)(SpecReader&);
  bool has_out_activation;
  bool sees_images;  ///< else rows of numbers
};
constexpr NetTypeEntry kNetTypes[] = {
    {"MLPNet", read_mlp, true, false},
    {"DuelingMLPNet", read_dueling_mlp, false, false},
    {"HydraMLPNet", read_hydra_mlp, true, false},
    {"ConvNet", read_conv, true, true},
    {"DuelingConvNet", read_dueling_conv, false, true},
    {"ImpalaNet", read_impala<ImpalaConfig>, true, true},
    {"DuelingImpalaNet", read_impala<DuelingImpalaConfig>, false, true},
    {"RecurrentNet", read_recurrent, true, false},
};
static_assert(std::size(kNetTypes) == std::variant_size_v<NetTypeConfig>);

const NetTypeEntry& type_entry(const std::string& name) {
  return *std::ranges::find(kNetTypes, name, &NetTypeEntry::name);
}

template <class Config>
std::string why_not_bf16(const Config&) {
  return "";
}
template <class Config>
requires requires(const Config& mlp) { mlp.layer_norm; }
std::string why_not_bf16(const Config& mlp) { return mlp.layer_norm ? "layer_norm" : ""; }
template <std::derived_from<ConvConfig> Config>
std::string why_not_bf16(const Config& conv) {
  if (conv.batch_norm && conv.conv_hid_layers.size() > 1) return "batch normalisation of images";
  return conv.fc_hid_layers.empty() ? "a net without dense hidden layers" : "";
}
template <std::derived_from<ImpalaConfig> Config>
std::string why_not_bf16(const Config&) {
  return "residual convolutions";
}

std::string size_problem(const ImageShape& image, int padding) {
  if (bordered_size({kernel_padded(image.channels), image.height, image.width}, padding) <= kMostNumbersOfImage)
    return "";
  return fmt::format(
      "its convolutions see or make an image of {} x {} x {} with a padding of {}, which is too large: "
      "expected at most {} numbers, with channels in steps of {}",
      image.channels, image.height, image.width, padding, kMostNumbersOfImage, kKernelPadding);
}

/// What keeps a net from seeing such an image.
template <class Config>
std::string image_problem(const Config&, const Space&) {
  return "";
}
template <std::derived_from<ConvConfig> Config>
std::string image_problem(const Config& conv, const Space& observations) {
  ImageShape image = image_shape(observations);
  for (const ConvLayerShape& layer : conv_layer_shapes(conv)) {
    const ImageShape out = conv_output(layer, image);
    if (out.height < 1 || out.width < 1)
      return fmt::format(
          "a convolution of conv_hid_layers does not fit: [{}, {}, {}, {}, {}] reaches over {} pixels, and its image "
          "is {} x {} with a padding of {}",
          layer.out_channels, layer.kernel, layer.stride, layer.padding, layer.dilation, most_padding(layer) + 1,
          image.height, image.width, layer.padding);
    if (std::string problem = size_problem(image, layer.padding); !problem.empty()) return problem;
    image = out;
  }
  return size_problem(image, 0);
}
template <std::derived_from<ImpalaConfig> Config>
std::string image_problem(const Config& impala, const Space& observations) {
  ImageShape image = image_shape(observations);
  for (const int channels : impala.channels) {
    const ConvLayerShape entry = stage_convolution(channels);
    if (std::string problem = size_problem(image, entry.padding); !problem.empty()) return problem;
    image = conv_output(entry, image);
    if (std::string problem = size_problem(image, entry.padding); !problem.empty()) return problem;
    image = conv_output(stage_window(channels), image);
  }
  return "";
}

}  // namespace

std::vector<std::string> net_type_names() {
  std::vector<std::string> names;
  for (const NetTypeEntry& entry : kNetTypes) names.emplace_back(entry.name);
  return names;
}

std::string net_type_name(const NetTypeConfig& type) { return kNetTypes[type.index()].name; }

bool has_out_activation(const std::string& type) { return type_entry(type).has_out_activation; }

NetTypeConfig read_net_type(const std::string& type, SpecReader& reader) { return type_entry(type).read(reader); }

std::string without_bf16(const NetTypeConfig& type) {
  return std::visit([](const auto& config) { return why_not_bf16(config); }, type);
}

std::vector<ConvLayerShape> conv_layer_shapes(const ConvConfig& conv) {
  std::vector<ConvLayerShape> layers;
  for (const std::vector<int>& row : conv.conv_hid_layers)
    layers.push_back({row.at(0), row.at(1), row.at(2), row.at(3), row.at(4)});
  return layers;
}

ImageShape image_shape(const Space& observations) {
  const std::vector<std::int64_t>& shape = observations.shape;
  const auto axis = [&](std::size_t from_end) { return static_cast<int>(shape[shape.size() - from_end]); };
  return {shape.size() == 3 ? axis(3) : 1, axis(2), axis(1)};
}

std::string observations_problem(const NetTypeConfig& type, const Space& observations) {
  const NetTypeEntry& entry = kNetTypes[type.index()];
  if (entry.sees_images && observations.is_image() && observations.shape.size() > 3)
    return fmt::format("convolutions see images of two or three axes, and the observations are {}",
                       fmt::join(observations.shape, " x "));
  if (entry.sees_images == observations.is_image())
    return std::visit([&](const auto& config) { return image_problem(config, observations); }, type);
  if (entry.sees_images)
    return fmt::format(
        "{} sees images, and the observations are rows of {} number{}; expected MLPNet, or DuelingMLPNet", entry.name,
        observations.size(), observations.size() == 1 ? "" : "s");
  return fmt::format(
      "{} sees rows of numbers, and the observations are images of {}; expected ConvNet, DuelingConvNet, ImpalaNet or "
      "DuelingImpalaNet",
      entry.name, fmt::join(observations.shape, " x "));
}

std::string heads_problem(const NetTypeConfig& type, int num_heads) {
  const std::string_view name = kNetTypes[type.index()].name;
  if (num_heads == 1 || !name.starts_with("Dueling")) return "";
  return fmt::format("{} estimates action values and has one head; this algorithm needs {} in one net", name,
                     num_heads);
}

}  // namespace slm
