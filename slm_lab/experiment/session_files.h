#pragma once

#include <string>

#include "slm_lab/experiment/data_folder.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/experiment/session.h"
#include "slm_lab/experiment/session_result.h"

namespace slm {

/// What one session keeps in its run folder for people and scripts to read. All of it is written whole, at checkpoints
/// and at the end, so a file never disagrees with the checkpoint beside it.
class SessionFiles {
 public:
  SessionFiles(DataFolder folder, int trial, int session)
      : folder_(std::move(folder)), trial_(trial), session_(session) {}

  /// The CSV of log points, the last and the best weights, the normalisation statistics.
  void write(Session& session, const LabSpec& spec) const;
  /// The metrics of a session that is done; then its result.
  void write_result(const Session& session, const LabSpec& spec, const SessionResult& result) const;

 private:
  DataFolder folder_;
  int trial_, session_;
};

/// Where the weights of a net are: `best` or the last ones.
std::filesystem::path model_file(const DataFolder& folder, int trial, int session, bool best, const std::string& net);
/// Where the statistics that normalise observations and rewards are (only of specs that normalise).
std::filesystem::path statistics_file(const DataFolder& folder, int trial, int session);

/// SHA-256 over all weights of all nets.
std::string weights_sha256(Algorithm& algorithm);

}  // namespace slm
