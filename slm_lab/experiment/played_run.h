#pragma once

#include "slm_lab/experiment/enjoy.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// Weights of a run that are to be played, and the spec that they belong to.
struct PlayedRun {
  DataFolder folder;
  int trial = 0, session = 0;
  bool last = false;  ///< the weights of the end instead of the best ones
  LabSpec spec;
  double score = 0;  ///< total_reward_ma of the weights
};

/// `where` as enjoy() takes it. Throws SpecError for a session that there is not, and as DataFolder::open().
PlayedRun find_played_run(const std::string& where, const EnjoyOptions& options);

}  // namespace slm
