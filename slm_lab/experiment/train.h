#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/spec/load.h"

namespace slm {

struct TrainOptions {
  std::filesystem::path data = "data";  ///< run folders are made and found here
  int threads = 0;                      ///< in all; 0: as many as cores
  double checkpoint_seconds = 5;
  std::string log_level = "info";
  bool profile = false;                   ///< say where the time of each session goes
  bool keep_replay = false;               ///< of a finished run, so that it can train on
  std::string name;                       ///< of the run folder; empty: {spec}_{timestamp}
  std::vector<std::string> command_line;  ///< for the manifest
  std::string launcher = "slm-lab";       ///< how the program is called, for the commands that a run prints
};

/// Trains all sessions of a spec in a new run folder. Returns the exit code; throws Error before anything is created
/// when the spec cannot run here.
int train(const LoadedSpec& spec, const TrainOptions& options);

/// Continues a run: `where` is `latest` (the newest of this spec name) or a run folder. The folder's own spec is used.
int continue_training(const LoadedSpec& spec, const std::string& where, const TrainOptions& options);

/// Throws Error(missing) or MissingPart where this machine or this build lacks what the spec needs.
void check_present(const LabSpec& spec);
/// Throws when this spec cannot run here, before anything is created: a session of it is set up.
void check_runnable(const LabSpec& spec);

}  // namespace slm
