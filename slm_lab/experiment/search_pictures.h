#pragma once

#include <span>
#include <vector>

#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/report/experiment_files.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/search_journal.h"

namespace slm {

/// Draws the pictures of a search into its folder, from its journal and the tables of its trials; `trials` are those
/// that have ended. Pictures that cannot be drawn cost a search nothing: the reason is printed.
void draw_search(const DataFolder& folder, const LabSpec& spec, std::span<const SearchDimension> searched,
                 std::span<const JournalTrial> journal, std::span<const ExperimentTrial> trials);

}  // namespace slm
