#include "slm_lab/memory/config.h"

namespace slm {
namespace {

constexpr double kMaxTransitions = 1e12;  // so that no number of bytes overflows
const Range kEpsilon{.low = 0, .high = 1e6, .low_open = true, .high_open = false, .names = {}};

void read_replay(SpecReader& reader, ReplayConfig& c) {
  reader.require("batch_size", c.batch_size, "transitions per batch", between(1, 1 << 20));
  reader.require("max_size", c.max_size, "transitions kept; the oldest are overwritten", between(1, kMaxTransitions));
  reader.read(
      "use_cer", c.use_cer,
      "combined experience replay: a batch holds the newest transition of every environment (at most half of it)");
  if (!c.prioritized()) return;
  reader.require("alpha", c.alpha, "how much priorities count: 0 is uniform sampling", between(0, 1));
  reader.require("epsilon", c.epsilon, "added to every |error| so that no priority is 0", kEpsilon);
  reader.read("importance_weights", c.importance_weights, "correct the bias of prioritised sampling");
  reader.read("beta", c.beta_start, "exponent of the importance weights at the start; annealed to 1", between(0, 1));
  reader.read("beta_end_step", c.beta_end_step, "frame at which beta reaches 1; default: env.max_frame",
              between(0, 1e15));
  if (!c.importance_weights)
    for (const char* key : {"beta", "beta_end_step"}) reader.unused(key, "importance_weights is false");
  reader.read("stratified", c.stratified, "draw one transition from each of batch_size equal slices of the priorities");
}

}  // namespace

const std::vector<std::string>& memory_names() {
  static const std::vector<std::string> names{"OnPolicyBatchReplay", "OnPolicyReplay", "OnPolicyCrossEntropy", "Replay",
                                              "PrioritizedReplay"};
  return names;
}

MemoryConfig read_memory_config(SpecReader& reader, std::int64_t max_frame) {
  MemoryConfig c;
  reader.choose("name", memory_names(), "where experience is kept", [&](const std::string& name, SpecReader& rest) {
    c.name = name;
    if (name == "OnPolicyCrossEntropy")
      rest.read("cross_entropy", c.cross_entropy,
                "only episodes with at least this quantile of the total rewards are kept; 1: all", between(0, 1));
    if (c.is_replay()) {
      c.replay.name = name;
      read_replay(rest, c.replay);
    } else {
      rest.read("sil_replay_name", c.sil_replay_name, "SIL, PPOSIL: the replay that episodes go to",
                one_of({"Replay", "PrioritizedReplay"}));
      if (!c.sil_replay_name.empty() || rest.describing()) {
        c.replay.name = rest.describing() ? "PrioritizedReplay" : c.sil_replay_name;
        SpecReader sil = rest.under_condition();
        read_replay(sil, c.replay);
      }
    }
  });
  reader.done();
  if (!c.replay.beta_end_step && max_frame > 0) c.replay.beta_end_step = max_frame;
  return c;
}

}  // namespace slm
