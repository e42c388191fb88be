#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/report/metrics.h"

namespace slm {

struct BenchmarkSession {
  int session = 0;
  double total_reward_ma = Scalars::kNone;
  double ma100 = Scalars::kNone;
  EvalReturn d100;
  std::int64_t frames = 0;
  double seconds = 0;          ///< of training, logging and checkpoints included
  std::string weights_sha256;  ///< empty: it is under way, and `total_reward_ma` is that of `frames`

  bool done() const { return !weights_sha256.empty(); }
  double fps() const { return static_cast<double>(frames) / seconds; }
};

struct BenchmarkFailure {
  int session = 0;
  std::string reason;
};

/// What the results file of one row of the benchmark holds.
struct BenchmarkResult {
  std::string row;  ///< cartpole/ppo
  std::string spec_file, spec_name;
  std::string spec_hash;               ///< of the spec as it ran: with seed, number of sessions and overrides
  std::vector<std::string> overrides;  ///< PATH=VALUE; with any of them the result does not compare with the row's
  std::string version, git_revision;   ///< of the program
  std::string cpu;
  int cores = 0;
  std::string kernel;  ///< instruction set of the net kernel that ran
  std::int64_t seed = 0;
  int num_sessions = 0;                    ///< asked for
  std::int64_t max_frame = 0;              ///< of a session
  std::vector<BenchmarkSession> sessions;  ///< done, or as far as they came when the row was stopped
  std::vector<BenchmarkFailure> failures;
  double wall_seconds = 0;  ///< of the row; its sessions may have run side by side
  std::string date;

  int sessions_done() const;
  bool under_way() const;       ///< it was stopped, and no session has failed
  bool finished() const;        ///< all sessions are done
  std::int64_t frames() const;  ///< of all sessions so far
  std::vector<double> values(double BenchmarkSession::*value) const;
  std::vector<double> d100() const;  ///< the mean of each session
};

/// Whether a result takes the place of what is shown of its row. What ran with overrides gives way to what did not and
/// never takes its place. A row that was stopped is shown as far as it came: not where what is shown is finished, if
/// with another spec, or came as far, as on another machine; what failed gives way to it.
bool replaces(const BenchmarkResult& result, const std::optional<BenchmarkResult>& shown);

std::string benchmark_result_json(const BenchmarkResult& result);

/// What benchmark_result_json wrote. Throws Error(corrupt) that names `file` when it is something else.
BenchmarkResult parse_benchmark_result(std::string_view text, std::string_view file);

}  // namespace slm
