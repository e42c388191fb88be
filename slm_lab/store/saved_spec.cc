#include "slm_lab/store/saved_spec.h"

#include <fmt/format.h>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/store/manifest.h"

namespace slm {

void save_spec(const DataFolder& folder, const LoadedSpec& loaded) {
  const std::string text = spec_file_text(loaded);
  write_file_durably(folder.trial_spec_file(0), text);
  write_file_durably(folder.spec_file(), text);  // last: a folder that has it can be continued
}

LoadedSpec load_saved_spec(const DataFolder& folder, int trial, const std::vector<std::string>& overrides) {
  const std::filesystem::path file = folder.trial_spec_file(trial);
  const Manifest manifest = read_manifest(folder);
  if (!file_exists(file)) throw Error(ExitCode::corrupt, fmt::format("{}: missing", file.string()));
  read_file(file, kMaxJsonBytes);  // a regular file of a size that can be one
  const LoadedSpec saved = [&] {
    try {
      return load_spec(file.string(), folder.spec_name(), {});
    } catch (const SpecError& error) {
      throw Error(ExitCode::corrupt, fmt::format("the spec that this run keeps is damaged: {}", error.what()));
    }
  }();
  if (saved.hash != manifest.spec_hash && saved.hash != manifest.next_spec_hash)
    throw Error(ExitCode::corrupt,
                fmt::format("{}: not the spec that this run was started with (spec_hash in {}): damaged or edited. Put "
                            "it back as it was; other settings are another run, but for a larger env.max_frame, which "
                            "--override can give",
                            file.string(), folder.manifest_file().filename().string()));
  if (overrides.empty()) return saved;
  LoadOptions options;
  options.overrides = overrides;
  return load_spec(file.string(), folder.spec_name(), options);
}

}  // namespace slm
