#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slm_lab/report/record.h"
#include "slm_lab/spec/difference.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/manifest.h"

namespace slm {

/// A fact that is not the same in two runs.
struct FactDifference {
  std::string name, before, after;
};

/// A score of both; NaN where a run has none.
struct ScoreDifference {
  std::string name;
  double before = SessionRow::kNone, after = SessionRow::kNone;
};

/// Where two sessions part: the first log point at which a column that comes from no clock is not the same.
struct Parting {
  int session = 0;
  std::size_t common = 0;       ///< log points before it that are the same
  std::optional<double> frame;  ///< of it; none: they do not part as far as both go
  std::string column;
  double before = SessionRow::kNone, after = SessionRow::kNone;
  double last_frame = 0;             ///< of the last log point that both have
  std::optional<bool> same_weights;  ///< of the final nets, where both are done
};

struct RunDifference {
  std::vector<SpecDifference> spec;
  std::vector<FactDifference> program, machine;
  std::vector<ScoreDifference> scores;
  std::vector<Parting> sessions;  ///< that both have
};

/// What is not the same of the programs of two starts.
std::vector<FactDifference> program_differences(const RunStart& before, const RunStart& after);

/// What differs between two runs, and where their sessions part. Throws where a folder is damaged or a search.
RunDifference run_difference(const DataFolder& before, const DataFolder& after);

/// The first log point at which two tables are not the same; `same` counts those before it.
Parting parting_of(const std::vector<SessionRow>& before, const std::vector<SessionRow>& after);

std::string difference_text(const std::string& before, const std::string& after, const RunDifference& difference);
std::string difference_json(const std::string& before, const std::string& after, const RunDifference& difference);

}  // namespace slm
