#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "slm_lab/base/profile.h"
#include "slm_lab/report/metrics.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// What a finished session has to show; its file is the last one a session writes, so having it means being done.
struct SessionResult {
  std::int64_t frame = 0;
  std::int64_t episodes = 0;
  std::int64_t opt_step = 0;
  double seconds = 0;                            ///< of training, logging and checkpoints included
  PhaseSeconds phase_seconds{};                  ///< how those divide
  double total_reward_ma = 0;                    ///< SLM-Lab's: mean over the last 100 log points
  double best_total_reward_ma = Scalars::kNone;  ///< the highest of all log points: that of the best weights
  double ma100 = 0;                              ///< MA-100: the last 100 training episodes
  EvalReturn d100;                               ///< D-100: 100 fresh greedy episodes of the final policy
  std::string weights_sha256;                    ///< of the final nets: equal runs have equal ones

  double fps() const { return static_cast<double>(frame) / seconds; }
};

void write_session_result(const DataFolder& folder, int trial, int session, const SessionResult& result);

/// trial_metrics.json: `metrics` (the text of a JSON object) and, in "sessions", the results by session. From then on
/// the sessions' own files are not needed.
void write_trial_results(const DataFolder& folder, int trial, const std::string& metrics,
                         const std::map<int, SessionResult>& sessions);

/// From the session's own file or else from its trial's. Nothing when the session is not done.
std::optional<SessionResult> read_session_result(const DataFolder& folder, int trial, int session);

bool all_sessions_done(const DataFolder& folder, int trial, int sessions);

}  // namespace slm
