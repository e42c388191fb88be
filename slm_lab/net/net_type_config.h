#pragma once

#include <string>
#include <variant>
#include <vector>

#include "slm_lab/net/conv_shape.h"
#include "slm_lab/spec/reader.h"

namespace slm {

struct Space;

// What each net type reads for itself.

struct MlpConfig {
  std::vector<int> hid_layers;  ///< widths
  bool layer_norm = false;      ///< normalise the input of each hidden activation over its row
};
struct DuelingMlpConfig {
  std::vector<int> hid_layers;  ///< widths of the body that value and advantages share
  bool layer_norm = false;      ///< as of an MLP
};
struct HydraMlpConfig {};
struct ConvConfig {
  std::vector<std::vector<int>> conv_hid_layers;  ///< rows: out_channels, kernel, stride, padding, dilation
  std::vector<int> fc_hid_layers = {};            ///< widths of the dense layers that follow
  bool normalize = false;                         ///< divide the input by 255
  bool batch_norm = false;                        ///< after each convolution but the first
};
struct DuelingConvConfig : ConvConfig {};
struct ImpalaConfig {
  std::vector<int> channels;       ///< of each stage of residual convolutions
  std::vector<int> fc_hid_layers;  ///< widths of the dense layers that follow
  bool normalize = false;          ///< divide the input by 255
};
struct DuelingImpalaConfig : ImpalaConfig {};
struct RecurrentConfig {
  std::vector<int> fc_hid_layers;  ///< widths of the dense layers before the recurrent ones
  std::string cell_type = "GRU";
  int rnn_hidden_size = 1;
  int rnn_num_layers = 1;
  bool bidirectional = false;
  int seq_len = 1;
};
using NetTypeConfig = std::variant<MlpConfig, DuelingMlpConfig, HydraMlpConfig, ConvConfig, DuelingConvConfig,
                                   ImpalaConfig, DuelingImpalaConfig, RecurrentConfig>;

/// The net types that a spec may name, those not in this version included.
std::vector<std::string> net_type_names();
std::string net_type_name(const NetTypeConfig& type);
/// Whether a net of this type may have an activation behind its heads.
bool has_out_activation(const std::string& type);
/// The keys that are of this type alone.
NetTypeConfig read_net_type(const std::string& type, SpecReader& reader);
/// What keeps such a net from computing in bf16; empty: nothing.
std::string without_bf16(const NetTypeConfig& type);
std::vector<ConvLayerShape> conv_layer_shapes(const ConvConfig& conv);
/// Of an image (channels, height, width), or (height, width) of one channel.
ImageShape image_shape(const Space& observations);
/// What keeps a net of the type from seeing these observations, and what would see them; empty where nothing does.
std::string observations_problem(const NetTypeConfig& type, const Space& observations);
/// What keeps it from having so many heads; empty where nothing does.
std::string heads_problem(const NetTypeConfig& type, int num_heads);

}  // namespace slm
