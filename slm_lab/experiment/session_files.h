#pragma once

#include <string>

#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/experiment/session.h"
#include "slm_lab/report/csv.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/session_result.h"

namespace slm {

/// What one session keeps in its run folder for people and scripts to read: written at checkpoints and at the end, the
/// weights whole, the tables by what is new in them.
class SessionFiles {
 public:
  SessionFiles(DataFolder folder, int trial, int session)
      : folder_(std::move(folder)),
        trial_(trial),
        session_(session),
        train_(folder_.session_csv(trial, session, "train")),
        eval_(folder_.session_csv(trial, session, "eval")) {}

  /// The CSV of log points; the last and the best weights, each with the statistics that normalised what they saw.
  void write(Session& session, const LabSpec& spec);
  /// Of a session whose nets have become unusable: all but the last weights, which stay those of its last checkpoint.
  void write_what_is_good(Session& session, const LabSpec& spec);
  /// Of a session that is done; the last that it writes.
  void write_result(const SessionResult& result) const;

  /// The other way round: the `best` or the last weights, and the statistics of that moment.
  void load_weights(const LabSpec& spec, bool best, Algorithm& algorithm, EnvStatistics& statistics) const;

 private:
  DataFolder folder_;
  int trial_, session_;
  CsvFile train_, eval_;
};

/// SHA-256 over all weights of all nets.
std::string weights_sha256(Algorithm& algorithm);

}  // namespace slm
