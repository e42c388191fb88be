#include "slm_lab/store/saved_spec.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/search_journal.h"

namespace slm {
namespace {

LoadOptions as_saved() {
  LoadOptions options;
  options.as_saved = true;
  return options;
}

LoadedSpec load_verified(const DataFolder& folder, const std::filesystem::path& file,
                         const std::vector<std::string>& hashes) {
  if (!file_exists(file)) throw Error(ExitCode::corrupt, fmt::format("{}: missing", file.string()));
  read_file(file, kMaxJsonBytes);  // a regular file of a size that can be one
  const LoadedSpec saved = [&] {
    try {
      return load_spec(file.string(), folder.spec_name(), as_saved());
    } catch (const SpecError& error) {
      throw Error(ExitCode::corrupt, fmt::format("the spec that this run keeps is damaged: {}", error.what()));
    }
  }();
  if (std::ranges::find(hashes, saved.hash) == hashes.end())
    throw Error(ExitCode::corrupt,
                fmt::format("{}: not the spec that this run was started with (spec_hash in {}): damaged or edited. Put "
                            "it back as it was; other settings are another run, but for a larger env.max_frame, which "
                            "--override can give",
                            file.string(), folder.manifest_file().filename().string()));
  return saved;
}

}  // namespace

void save_search_spec(const DataFolder& folder, const LoadedSpec& loaded) {
  write_file_durably(folder.spec_file(), spec_file_text(loaded));  // last: a folder that has it can be continued
}

void save_trial_spec(const DataFolder& folder, int trial, const LoadedSpec& loaded) {
  const std::string text = spec_file_text(loaded);
  Descriptor out(folder.trial_spec_file(trial), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
  out.write(std::as_bytes(std::span(text)));
  out.close();
}

void save_spec(const DataFolder& folder, const LoadedSpec& loaded) {
  const std::string text = spec_file_text(loaded);
  write_file_durably(folder.trial_spec_file(0), text);
  write_file_durably(folder.spec_file(), text);  // last: a folder that has it can be continued
}

LoadedSpec load_search_spec(const DataFolder& folder) {
  return load_verified(folder, folder.spec_file(), {read_manifest(folder).spec_hash});
}

namespace {

std::vector<std::string> known_hashes(const DataFolder& folder, int trial) {
  if (!folder.is_search()) {
    const Manifest manifest = read_manifest(folder);
    return {manifest.spec_hash, manifest.next_spec_hash};
  }
  const std::vector<JournalTrial> trials = SearchJournal::read(folder);
  if (trial >= std::ssize(trials))
    throw SpecError(fmt::format("{}: has no trial {} yet; it has {}", folder.root().string(), trial, trials.size()));
  return {trials[static_cast<std::size_t>(trial)].spec_hash};
}

}  // namespace

LoadedSpec load_saved_spec(const DataFolder& folder, int trial, const std::string& hash,
                           const std::vector<std::string>& overrides) {
  const std::filesystem::path file = folder.trial_spec_file(trial);
  const LoadedSpec saved =
      load_verified(folder, file, hash.empty() ? known_hashes(folder, trial) : std::vector<std::string>{hash});
  if (overrides.empty()) return saved;
  LoadOptions options = as_saved();
  options.overrides = overrides;
  return load_spec(file.string(), folder.spec_name(), options);
}

}  // namespace slm
