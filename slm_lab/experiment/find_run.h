#pragma once

#include <filesystem>
#include <string>

#include "slm_lab/store/data_folder.h"

namespace slm {

/// The run or search that a user means: its folder, the name of one in `data`, the name of a spec (its newest there),
/// or latest. Throws SpecError, with a near name where there is one.
DataFolder find_run(const std::string& word, const std::filesystem::path& data);

/// Of these, the folder and the name of one in `data` alone.
DataFolder open_run(const std::filesystem::path& word, const std::filesystem::path& data);

/// The name of its folder, wherever that is and however it was named.
std::string run_name(const DataFolder& folder);

}  // namespace slm
