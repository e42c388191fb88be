#include "slm_lab/experiment/session_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/memory_limit.h"
#include "slm_lab/env/vec_env.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/residual_shape.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "slm_lab/spec/spec_path.h"

namespace slm {
namespace {

// Copies that are alive at once; each errs upwards.
constexpr double kFitsAnywhere = 16 << 20;  // where the program itself runs; asking the system takes a search long

constexpr double kObsCopies = 6;      // obs, next_obs, the environment's own, joined frames, two of wrappers
constexpr double kRolloutCopies = 2;  // the memory, and what an update gathers from it
constexpr double kWeightCopies = 12;  // weights, gradient, two moments; target, best and saved ones
constexpr double kNets = 2;           // actor and critic
constexpr double kActivationCopies = 3;
constexpr double kNormalised = 2;     // times as many, where convolutions are normalised over batches
constexpr double kRecordBytes = 400;  // of a log point: its row, and its points in graphs
constexpr double kRowBytes = 64;      // of a transition, beside its observations

/// The number at the path; 0 where there is none, or one that was refused.
double number_at(const JsonNode& spec, const SpecReport& report, std::string_view path) {
  const JsonNode* node = find_at_path(spec, path);
  return node && node->is(JsonNode::Kind::number) && report.was_read(path) ? node->number : 0;
}

/// Names are compared without case.
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string lower_text_at(const JsonNode& spec, std::string_view path) {
  const JsonNode* node = find_at_path(spec, path);
  return lower(node ? node->text : "");
}

/// The first of the paths under which the spec holds a number.
std::string first_of(const JsonNode& spec, const SpecReport& report, const std::vector<std::string>& paths) {
  for (const std::string& path : paths)
    if (number_at(spec, report, path) > 0) return path;
  return "";
}

/// The key whose number is nearest to the length of a rollout; plans round it.
std::string key_of_rollout(const JsonNode& spec, const SpecReport& report, double steps) {
  std::string key;
  double best = std::numeric_limits<double>::infinity();
  for (const char* path :
       {"agent.algorithm.time_horizon", "agent.algorithm.num_step_returns", "agent.algorithm.training_frequency"}) {
    const double number = number_at(spec, report, path);
    if (number <= 0 || std::abs(number - steps) >= best) continue;
    key = path;
    best = std::abs(number - steps);
  }
  return key;
}

struct Layers {
  std::string path;
  double weights = 0, widths = 0;
};

struct NetLayers {
  Layers convolutions, dense;
  double weights() const { return convolutions.weights + dense.weights; }
  double widths() const { return convolutions.widths + dense.widths; }
  /// The key whose layers are the wider ones.
  const std::string& widest() const { return convolutions.widths > dense.widths ? convolutions.path : dense.path; }
};

double padded_size(const ImageShape& image, int border) {
  return static_cast<double>(bordered_size({kernel_padded(image.channels), image.height, image.width}, border));
}

/// Adds a convolution of `image`, which becomes what it makes. Of what it sees the border is new, the rest is there.
void add_convolution(ConvLayerShape layer, ImageShape& image, Layers& layers) {
  layers.weights += (1.0 * image.channels * layer.kernel * layer.kernel + 1) * layer.out_channels;
  layers.widths += padded_size(image, layer.padding) - padded_size(image, 0);
  image = conv_output(layer, image);
  layers.widths += padded_size(image, 0);
}

void add_stage(int channels, ImageShape& image, Layers& layers) {
  add_convolution(stage_convolution(channels), image, layers);
  image = conv_output(stage_window(channels), image);
  for (int block = 0; block < kBlocksOfStage; ++block)
    for (int of_block = 0; of_block < 2; ++of_block) add_convolution(stage_convolution(channels), image, layers);
}

/// The convolutions that dense layers follow, by the key of those: actor_conv_hid_layers, say, for actor_fc_hid_layers.
/// Sets `outputs` to what the last one makes. None where there are none or they were refused.
Layers convolutions_before(const std::string& dense_key, const JsonNode& net, const SpecReport& report,
                           const Space& observations, double& outputs) {
  Layers layers;
  const std::size_t at = dense_key.rfind("fc_");
  if (at == std::string::npos || !observations.is_image()) return layers;
  const auto spelling = [&](const std::string& key) {
    const std::string own = dense_key.substr(0, at) + key;
    return net.find(own) ? own : key;
  };
  const auto find = [&](const std::string& key) {
    return report.was_read("agent.net." + spelling(key)) ? net.find(spelling(key)) : nullptr;
  };
  ImageShape image = image_shape(observations);
  const JsonNode* const type = find("type");
  const bool is_impala = type && lower(type->text).ends_with("impalanet");  // which leaves the other's key unread
  if (const JsonNode* const stages = is_impala ? find("channels") : nullptr) {
    layers.path = "agent.net." + spelling("channels");
    for (const JsonNode& channels : stages->elements) add_stage(static_cast<int>(channels.number), image, layers);
  }
  if (const JsonNode* const convolutions = is_impala ? nullptr : find("conv_hid_layers")) {
    layers.path = "agent.net." + spelling("conv_hid_layers");
    for (const JsonNode& row : convolutions->elements) {
      if (row.elements.size() != 5) return {};
      const auto number = [&](std::size_t i) { return static_cast<int>(row.elements[i].number); };
      const ConvLayerShape layer{number(0), number(1), number(2), number(3), number(4)};
      if (layer.stride < 1) return {};
      add_convolution(layer, image, layers);
    }
    const JsonNode* const batch_norm = find("batch_norm");
    const bool asked = batch_norm ? batch_norm->boolean : type && lower(type->text) == "convnet";
    if (asked && convolutions->elements.size() > 1) layers.widths *= kNormalised;
  }
  if (layers.widths > 0) outputs = static_cast<double>(bordered_size(image, 0));
  return layers;
}

/// The largest of the nets that the spec describes: agent.net.hid_layers, actor_hid_layers, fc_hid_layers ...
NetLayers largest_layers(const JsonNode& spec, const SpecReport& report, const Space& observations) {
  NetLayers largest;
  const JsonNode* net = find_at_path(spec, "agent.net");
  if (!net || !report.was_read("agent.net.type")) return largest;
  for (const JsonMember& member : net->members) {
    if (!member.key.ends_with("hid_layers") || !member.value.is(JsonNode::Kind::array) ||
        member.key.ends_with("conv_hid_layers"))
      continue;
    double before = observations.size();
    NetLayers layers{.convolutions = convolutions_before(member.key, *net, report, observations, before), .dense = {}};
    layers.dense.path = "agent.net." + member.key;
    if (!report.was_read(layers.dense.path)) continue;
    bool of_images = layers.convolutions.widths > 0;
    for (const JsonNode& width : member.value.elements) {
      // The first has weights for all that the convolutions make: theirs is the larger number, mostly.
      Layers& larger = of_images && before > width.number ? layers.convolutions : layers.dense;
      larger.weights += (before + 1) * width.number;
      layers.dense.widths += width.number;
      before = width.number;
      of_images = false;
    }
    if (layers.weights() >= largest.weights()) largest = layers;
  }
  return largest;
}

}  // namespace

std::vector<MemoryNeed> session_memory(const JsonNode& spec, const SpecReport& report, const EnvInfo& info,
                                       const AlgorithmPlan& plan) {
  const double num_envs = info.num_envs, obs_dim = info.obs_space.size();
  const auto obs_bytes = static_cast<double>(info.obs_space.row_bytes());
  std::vector<MemoryNeed> needs;
  const auto add = [&](const std::string& path, const char* what, double bytes) {
    if (!path.empty() && bytes > 0) needs.push_back({path, what, bytes});
  };
  const bool joins = find_at_path(spec, "env.frame_op_len") != nullptr;
  add(joins ? "env.frame_op_len" : "env.num_envs", "observations", kObsCopies * num_envs * obs_bytes);

  const std::string memory = lower_text_at(spec, "agent.memory.name");
  const bool is_rollout = memory.starts_with("onpolicy");
  const bool counts_episodes = is_rollout && memory != "onpolicybatchreplay";
  // An episode without a limit may be as long as the run.
  const double episode = info.max_episode_steps > 0 ? info.max_episode_steps : number_at(spec, report, "env.max_frame");
  const double max_frame = number_at(spec, report, "env.max_frame");
  const auto rollout = static_cast<double>(plan.training_rate(info.num_envs).first_frame);
  const std::string horizon =
      counts_episodes ? "agent.algorithm.training_frequency" : key_of_rollout(spec, report, rollout / num_envs);
  // Episodes grow with what is seen, others are there from the start.
  const double rows = counts_episodes ? std::min(number_at(spec, report, horizon) * episode, max_frame) : rollout;
  if (is_rollout) add(horizon, "the rollout", kRolloutCopies * rows * (2 * obs_bytes + kRowBytes));
  add("agent.memory.max_size", "the replay", static_cast<double>(plan.replay_bytes(info)));

  const NetLayers layers = largest_layers(spec, report, info.obs_space);
  for (const Layers* part : {&layers.convolutions, &layers.dense})
    add(part->path, "the nets", 4 * kWeightCopies * kNets * part->weights);
  const std::string batch = first_of(spec, report, {"agent.algorithm.minibatch_size", "agent.memory.batch_size"});
  const double rollout_rows = is_rollout ? rows : 0, minibatch_rows = number_at(spec, report, batch);
  const double batch_rows = std::max({rollout_rows, minibatch_rows, num_envs});
  // They are a product, of which the larger number is named.
  add(layers.widths() > batch_rows   ? layers.widest()
      : batch_rows == minibatch_rows ? batch
      : batch_rows == rollout_rows   ? horizon
                                     : layers.widest(),
      "activations", 4 * kActivationCopies * batch_rows * (layers.widths() + obs_dim));

  const double log_frequency = std::max(1.0, number_at(spec, report, "meta.log_frequency"));
  const bool logs = number_at(spec, report, "meta.log_frequency") > 0;
  add(logs ? "meta.log_frequency" : "env.max_frame", "records",
      kRecordBytes * number_at(spec, report, "env.max_frame") / (logs ? log_frequency : 10000));
  return needs;
}

double total_bytes(const std::vector<MemoryNeed>& needs) {
  double sum = 0;
  for (const MemoryNeed& need : needs) sum += need.bytes;
  return sum;
}

void check_session_memory(const std::vector<MemoryNeed>& needs, SpecReader& spec) {
  const double needed = total_bytes(needs);
  if (needed <= kFitsAnywhere) return;
  const auto present = static_cast<double>(memory_limit());
  if (needed <= present) return;
  const auto largest =
      *std::max_element(needs.begin(), needs.end(), [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  if (!spec.report().was_read(largest.path)) return;  // it has been refused already
  const JsonNode* value = find_at_path(*spec.object(), largest.path);
  const JsonNode& at = value ? *value : *spec.object();
  spec.report().add_problem({at.position, at.origin, largest.path, value ? shortened(to_json_line(at), 60) : "",
                             fmt::format("a session would take {}, of which {} {}, and this machine has {}",
                                         gib_text(needed), gib_text(largest.bytes), largest.what, gib_text(present))});
}

}  // namespace slm
