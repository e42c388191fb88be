#pragma once

#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/session.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/event_files.h"

namespace slm {

/// What TensorBoard is told of a session, while it trains: its log points and evaluations, the spec as text, and in the
/// HPARAMS tab what was searched or, of a run that is no search, every key of agent and environment. Nothing where
/// meta.tensorboard is off.
class SessionEvents {
 public:
  SessionEvents(const DataFolder& folder, const SessionJob& job, const LabSpec& spec);

  /// The rows that are new.
  void write(const Session& session);
  void end(bool success);

 private:
  void begin(double now);

  DataFolder folder_;
  SessionJob job_;
  std::optional<EventFiles> files_;
};

}  // namespace slm
