#pragma once

#include <fmt/format.h>

#include <string>

#include "tests/support/agent_spec.h"
#include "tests/support/double_replay.h"
#include "tests/support/double_returns.h"

// The run over which updates of twin critics and an actor are worked out.
namespace slm {

constexpr double kGamma = 0.8, kLr = 0.2, kLrEnd = 400, kClip = 0.9, kPolyak = 0.3;
constexpr int kEnvs = 3, kBatchSize = 12, kCapacity = 40, kFrequency = 6, kIter = 3, kStart = 20, kReplace = 9;
constexpr std::int64_t kMaxFrame = 300;
// Of continuous actions in the environment; everywhere else they live in [-1, 1].
constexpr float kLow = -2, kHigh = 4;
constexpr double kCentre = 1, kHalf = 3;

inline const std::string kReplaceKeys = fmt::format(R"("update_type": "replace", "update_frequency": {})", kReplace);
inline const std::string kPolyakKeys = fmt::format(R"("update_type": "polyak", "polyak_coef": {})", kPolyak);
inline const std::string kUniform =
    fmt::format(R"("memory": {{"name": "Replay", "batch_size": {}, "max_size": {}}})", kBatchSize, kCapacity);
inline const std::string kPrioritized = fmt::format(R"("memory": {{"name": "PrioritizedReplay", "batch_size": {},
    "max_size": {}, "alpha": 0.7, "epsilon": 0.01, "beta": 0.3}})",
                                                    kBatchSize, kCapacity);

/// `target`: the keys of the target nets; `keys`: more of the algorithm.
inline std::string twin_critics_spec(const std::string& algorithm, const std::string& memory, const std::string& target,
                                     const std::string& keys) {
  return fmt::format(
      R"({{"name": "test", "algorithm": {{"name": "{}", "gamma": {}, "training_frequency": {}, "training_iter": {},
        "training_start_step": {}{}}}, {},
      "net": {{"type": "MLPNet", "hid_layers": [5], "hid_layers_activation": "tanh", "clip_grad_val": {},
        "loss_spec": {{"name": "MSELoss"}}, "optim_spec": {{"name": "SGD", "lr": {}}}, {},
        "lr_scheduler_spec": {{"name": "LinearToZero", "frame": {}}}}}}})",
      algorithm, kGamma, kFrequency, kIter, kStart, keys, memory, kClip, kLr, target, kLrEnd);
}

}  // namespace slm
