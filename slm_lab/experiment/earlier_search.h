#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slm_lab/spec/load.h"
#include "slm_lab/store/earlier_trials.h"
#include "slm_lab/store/search_journal.h"

namespace slm {

/// A search that another one learns from; it may still be running.
struct EarlierSearch {
  DataFolder folder;
  std::vector<SearchDimension> searched;
  std::vector<JournalTrial> trials;  ///< that have a score, the best first
};

/// `where`: its run folder, or `latest`, the newest of this spec name in `data`. Throws SpecError: no search, none of
/// its trials has a score.
EarlierSearch read_earlier_search(const std::string& where, const std::filesystem::path& data,
                                  const std::string& spec_name);

/// Its trials for a sampler of `space`, which must have the same paths; those with values that this space does not draw
/// are left out. Throws SpecError for other paths.
std::vector<EarlierTrial> trials_of(const EarlierSearch& earlier, const std::vector<SearchDimension>& space);

/// The spec with its search block narrowed around the best fifth of the earlier trials (three at least), without
/// scheduler and with several sessions, as SLM-Lab's page has the second stage of a search; what the command line says
/// stays. Throws SpecError where the spec searches nothing that the earlier search did.
LoadedSpec refined_spec(const LoadedSpec& given, const EarlierSearch& earlier);

}  // namespace slm
