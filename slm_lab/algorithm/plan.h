#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "slm_lab/algorithm/training_rate.h"
#include "slm_lab/spec/reader.h"

namespace slm {

class Algorithm;
struct EnvInfo;
class Streams;

/// The objects of an `agent` while an algorithm reads or checks its settings.
struct AgentReader {
  std::string name;  ///< `algorithm.name`
  SpecReader algorithm, memory, net;
  std::int64_t max_frame = 0;  ///< env.max_frame, which a schedule may last; 0: not known
};

/// An algorithm with its settings, those of its memory and of its nets: what reading them gives, and all that the rest
/// of the program knows of an algorithm. It does not change.
class AlgorithmPlan {
 public:
  virtual ~AlgorithmPlan() = default;

  virtual double gamma() const = 0;  ///< discount factor
  virtual TrainingRate training_rate(int num_envs) const = 0;
  /// Bytes of its replay when full; 0 without one.
  virtual std::int64_t replay_bytes(const EnvInfo&) const { return 0; }
  /// What the settings must agree on with each other and with the environment, beyond what reading one key can tell.
  /// Problems and notes go to the keys of `agent`.
  virtual void check(const EnvInfo& info, AgentReader& agent) const = 0;
  /// An agent that has learnt nothing yet. The plan must have passed check().
  virtual std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams& streams) const = 0;
};

}  // namespace slm
