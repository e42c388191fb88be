#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/spec/reader.h"

namespace slm {

/// Settings of the memories that are sampled from (Replay, PrioritizedReplay).
struct ReplayConfig {
  std::string name = "Replay";
  int batch_size = 32;
  std::int64_t max_size = 10'000;
  bool use_cer = false;
  /// Keeps what was seen last also where the task ended, where its value counts for nothing: for who sees all next
  /// observations of a batch in its statistics. Not a key of the spec.
  bool keeps_last_of_task = false;
  // PrioritizedReplay
  double alpha = 0.6, epsilon = 1e-4;
  bool importance_weights = true;
  double beta_start = 0.4;
  std::optional<std::int64_t> beta_end_step = {};  ///< absent: beta stays (env.max_frame is put here then)
  bool stratified = false;

  bool prioritized() const { return name == "PrioritizedReplay"; }
  /// The exponent of the importance weights: from beta_start to 1 at beta_end_step.
  double beta(std::int64_t frame) const {
    if (!beta_end_step) return beta_start;
    if (frame >= *beta_end_step) return 1;
    const double progress = static_cast<double>(frame) / static_cast<double>(*beta_end_step);
    return beta_start + (1 - beta_start) * progress;
  }
};

/// The `agent.memory` object.
struct MemoryConfig {
  std::string name = "OnPolicyBatchReplay";
  double cross_entropy = 1.0;   ///< OnPolicyCrossEntropy
  std::string sil_replay_name;  ///< SIL, PPOSIL: the replay beside the on-policy memory; empty: none
  ReplayConfig replay;          ///< read when `name` or `sil_replay_name` is a replay

  bool is_replay() const { return name == "Replay" || name == "PrioritizedReplay"; }
};

/// Every memory a spec may name.
const std::vector<std::string>& memory_names();

/// `max_frame`: env.max_frame, where beta_end_step is left out.
MemoryConfig read_memory_config(SpecReader& reader, std::int64_t max_frame = 0);

}  // namespace slm
