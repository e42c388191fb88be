#pragma once

#include <functional>
#include <string>

#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// The spec with which the run in `folder` goes on, when the user gives the spec `given` with it: the run's own, but
/// for a larger env.max_frame, for which the folder is made ready (locked by the caller). What else differs keeps the
/// run's value and is told to `note`, one line each; it is refused by name (SpecError) when the command line asked for
/// it, or when the run is finished and so nothing would be done. The files of a finished run are verified first.
LoadedSpec spec_to_continue(const DataFolder& folder, const LoadedSpec& given,
                            const std::function<void(const std::string&)>& note);

}  // namespace slm
