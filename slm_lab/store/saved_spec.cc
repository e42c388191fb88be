#include "slm_lab/store/saved_spec.h"

#include "slm_lab/base/file.h"

namespace slm {

void save_spec(const DataFolder& folder, const LoadedSpec& loaded) {
  const std::string text = spec_file_text(loaded);
  write_file_durably(folder.trial_spec_file(0), text);
  write_file_durably(folder.spec_file(), text);  // last: a folder that has it can be continued
}

LoadedSpec load_saved_spec(const DataFolder& folder, int trial) {
  return load_spec(folder.trial_spec_file(trial).string(), folder.spec_name(), {});
}

}  // namespace slm
