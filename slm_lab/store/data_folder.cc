#include "slm_lab/store/data_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <regex>
#include <string_view>
#include <system_error>
#include <utility>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/near_name.h"
#include "slm_lab/store/manifest.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolders[] = {"graph", "info", "log", "model"};
constexpr const char* kManifest = "manifest.json";

/// The spec whose run this folder holds: {name}_spec.json, beside the {name}_t{t}_spec.json of its trials. What the
/// folder itself is called does not matter.
std::optional<std::string> spec_name_in(const fs::path& folder) {
  static const std::regex kOfATrial(R"((.+)_t\d+(_s\d+)?)");
  constexpr std::string_view kEnd = "_spec.json";
  for (const std::string& file : names_in(folder)) {
    if (!file.ends_with(kEnd)) continue;
    std::string name = file.substr(0, file.size() - kEnd.size());
    // A trial's file; unless it has one of a trial itself: then the spec's own name ends like that.
    if (std::regex_match(name, kOfATrial) && !file_exists(folder / (name + "_t0" + std::string(kEnd)))) continue;
    return name;
  }
  return std::nullopt;
}

/// What the user can mend by naming another folder; anything else is the disk's.
bool is_a_wrong_folder(const std::error_code& failure) {
  for (const std::errc wrong : {std::errc::permission_denied, std::errc::not_a_directory, std::errc::file_exists,
                                std::errc::read_only_file_system, std::errc::no_such_file_or_directory,
                                std::errc::filename_too_long, std::errc::operation_not_permitted})
    if (failure == wrong) return true;
  return false;
}

[[noreturn]] void refuse_data(const fs::path& data, std::string_view action, const std::error_code& failure) {
  throw Error(is_a_wrong_folder(failure) ? ExitCode::usage : ExitCode::io,
              fmt::format("cannot {} the data folder {}: {}; choose another with --data DIR", action, data.string(),
                          failure.message()));
}

std::string timestamp(std::time_t time) { return fmt::format("{:%Y_%m_%d_%H%M%S}", fmt::localtime(time)); }

/// When a run began: by the timestamp in its name or, if it was given another, by the time of its spec file. Throws
/// Error(io) where the disk does not tell.
std::string began(const DataFolder& folder) {
  static const std::regex kPattern(R"(.+_(\d{4}_\d{2}_\d{2}_\d{6}))");
  const std::string name = folder.root().filename().string();
  std::smatch match;
  if (std::regex_match(name, match, kPattern)) return match[1].str();
  struct stat facts {};
  if (stat(folder.spec_file().c_str(), &facts) == 0) return timestamp(facts.st_mtime);
  if (errno == ENOENT) throw SpecError(fmt::format("{}: removed", folder.spec_file().string()));
  throw Error(ExitCode::io, fmt::format("cannot read {}: {}", folder.spec_file().string(), std::strerror(errno)));
}

/// Whether parts of the run lie elsewhere. A run keeps to its folder, so that this is none.
bool leads_elsewhere(const fs::path& root, std::string_view part) {
  return fs::is_symlink(fs::symlink_status(root / part));
}
bool leads_elsewhere(const fs::path& root) {
  return leads_elsewhere(root, kManifest) ||
         std::any_of(std::begin(kFolders), std::end(kFolders), [&](auto part) { return leads_elsewhere(root, part); });
}

/// The run in the folder `root`, with `spec_name` of that spec; nothing where there is none, or it was removed
/// meanwhile.
std::optional<DataFolder> run_in(const fs::path& root, const std::optional<std::string>& spec_name) {
  if (!fs::is_directory(fs::symlink_status(root))) return std::nullopt;
  const auto spec = spec_name_in(root);  // none: no run, or killed before it began
  if (!spec || (spec_name && spec != spec_name) || leads_elsewhere(root)) return std::nullopt;
  try {
    return DataFolder::open(root);
  } catch (const SpecError&) {
    return std::nullopt;
  }
}

/// The run folders that lie in `data`, with `spec_name` those of that spec, in the order in which they were started: by
/// their numbers, which count the runs of a spec; where these are unknown, or of different specs, by when they began.
/// Throws Error(io) where a run cannot be read: without its number, which one is the latest is not known.
std::vector<DataFolder> folders_in(const fs::path& data, const std::optional<std::string>& spec_name) {
  struct Found {
    std::uint64_t number;
    std::string began;
    DataFolder folder;
  };
  std::vector<Found> found;
  if (!file_exists(data)) return {};  // a missing data folder holds no run
  for (const std::string& name : names_in(fs::canonical(data))) {
    const auto folder = run_in(data / name, spec_name);
    if (!folder) continue;
    try {
      found.push_back({spec_name ? run_number(*folder) : 0, began(*folder), *folder});
    } catch (const SpecError&) {  // removed meanwhile
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.began < b.began; });
  std::uint64_t last = 0;
  for (Found& run : found) last = run.number = run.number > 0 ? run.number : last;
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.number < b.number; });
  std::vector<DataFolder> folders;
  for (Found& run : found) folders.push_back(std::move(run.folder));
  return folders;
}

[[noreturn]] void refuse_latest(const fs::path& data, const std::string& spec_name, const char* what,
                                const char* mode) {
  throw SpecError(fmt::format("no {0} of {1} in {2}: start one with `slm-lab run SPEC_FILE {1} {3}`", what, spec_name,
                              data.string(), mode));
}

[[noreturn]] void refuse_to_open(const fs::path& asked, const fs::path& root) {
  std::optional<std::string> near;
  try {
    near = near_name(root.filename().string(), names_in(root.parent_path()));
  } catch (const Error&) {  // that the folder above cannot be read is not what the user asked for
  }
  throw SpecError(fmt::format("{}: no such run folder{}", asked.string(),
                              near ? fmt::format("; did you mean {}?", (root.parent_path() / *near).string()) : ""));
}

void check_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
  if (!plain || name.size() > 100 || name[0] == '.' || name[0] == '-')
    throw SpecError(
        fmt::format("--name {}: expected at most 100 letters, digits, '.', '_' and '-', the first of them "
                    "a letter, a digit or '_'",
                    name));
}

}  // namespace

DataFolder DataFolder::create(const fs::path& data, const std::string& spec_name, const std::string& name) {
  if (!name.empty()) check_name(name);
  std::error_code failure;
  std::vector<fs::path> missing;  // each of which will be a new name in the folder above
  for (fs::path above = fs::absolute(data).lexically_normal();
       !fs::exists(above, failure) && above != above.root_path(); above = above.parent_path())
    missing.push_back(above);
  fs::create_directories(data, failure);
  if (failure) refuse_data(data, "create", failure);
  for (std::time_t time = std::time(nullptr);; ++time) {
    const fs::path root = data / (name.empty() ? spec_name + "_" + timestamp(time) : name);
    const bool created = fs::create_directory(root, failure);
    if (failure) refuse_data(data, "write into", failure);
    if (!created && !name.empty())
      throw SpecError(fmt::format("--name {0}: {1} exists; continue it with train@{1}, or choose another name", name,
                                  root.string()));
    if (!created) continue;
    DataFolder folder(root, spec_name);
    folder.make_folders();
    sync_directory(data);
    for (const fs::path& made : missing) sync_directory(made.parent_path());
    return folder;
  }
}

std::vector<DataFolder> DataFolder::all(const fs::path& data, const std::string& spec_name) {
  return folders_in(data, spec_name);
}

std::vector<DataFolder> DataFolder::all(const fs::path& data) { return folders_in(data, std::nullopt); }

std::optional<DataFolder> DataFolder::in(const fs::path& root) { return run_in(root, std::nullopt); }

std::uint64_t DataFolder::next_number(const fs::path& data, const std::string& spec_name) {
  std::uint64_t highest = 0, unreadable = 0;
  for (const std::string& name : names_in(fs::canonical(data))) {
    try {
      if (const auto folder = run_in(data / name, spec_name)) highest = std::max(highest, run_number(*folder));
    } catch (const fs::filesystem_error&) {
      ++unreadable;
    } catch (const Error&) {
      ++unreadable;
    }
  }
  return highest + unreadable + 1;
}

DataFolder DataFolder::latest(const fs::path& data) {
  const std::vector<DataFolder> folders = all(data);
  if (folders.empty()) throw SpecError(fmt::format("no run in {}: start one with `train`", data.string()));
  return folders.back();
}

DataFolder DataFolder::latest(const fs::path& data, const std::string& spec_name) {
  const std::vector<DataFolder> folders = all(data, spec_name);
  if (folders.empty()) refuse_latest(data, spec_name, "run", "train");
  return folders.back();
}

DataFolder DataFolder::latest_run(const fs::path& data, const std::string& spec_name) {
  std::vector<DataFolder> folders = all(data, spec_name);
  std::erase_if(folders, [](const DataFolder& folder) { return folder.is_search(); });
  if (folders.empty()) refuse_latest(data, spec_name, "run", "train");
  return folders.back();
}

DataFolder DataFolder::latest_search(const fs::path& data, const std::string& spec_name) {
  std::vector<DataFolder> folders = all(data, spec_name);
  std::erase_if(folders, [](const DataFolder& folder) { return !folder.is_search(); });
  if (folders.empty()) refuse_latest(data, spec_name, "search", "search");
  return folders.back();
}

DataFolder DataFolder::open(const fs::path& folder) {
  fs::path root = fs::is_regular_file(folder) ? folder.parent_path() : folder;
  if (root.filename().empty()) root = root.parent_path();  // a trailing slash
  if (root.empty() && !folder.empty()) root = ".";         // a file in the current folder
  if (!fs::is_directory(root)) refuse_to_open(folder, root);
  const auto name = spec_name_in(fs::canonical(root));
  if (!name)
    throw SpecError(fmt::format("{}: not a run folder (there is no {{spec name}}_spec.json in it)", folder.string()));
  for (const char* inside : kFolders)
    if (leads_elsewhere(root, inside))
      throw Error(ExitCode::io,
                  fmt::format("{}: a symbolic link; a run keeps to its folder", (root / inside).string()));
  return DataFolder(root, *name);
}

void DataFolder::make_folders() const {
  for (const char* part : kFolders) make_directories(root_ / part);
}

fs::path DataFolder::spec_file() const { return root_ / (spec_name_ + "_spec.json"); }
fs::path DataFolder::trial_spec_file(int trial) const { return root_ / (trial_prefix(trial) + "_spec.json"); }
fs::path DataFolder::manifest_file() const { return root_ / kManifest; }
std::string DataFolder::trial_prefix(int trial) const { return fmt::format("{}_t{}", spec_name_, trial); }

std::string DataFolder::session_prefix(int trial, int session) const {
  return fmt::format("{}_t{}_s{}", spec_name_, trial, session);
}

fs::path DataFolder::session_csv(int trial, int session, std::string_view df) const {
  return info() / fmt::format("{}_session_df_{}.csv", session_prefix(trial, session), df);
}

fs::path DataFolder::session_result(int trial, int session) const {
  return info() / fmt::format("{}_session_result.json", session_prefix(trial, session));
}

fs::path DataFolder::checkpoints(int trial, int session) const {
  return model() / fmt::format("{}_checkpoints", session_prefix(trial, session));
}

fs::path DataFolder::states(int trial) const { return model() / (trial_prefix(trial) + "_state.safetensors"); }
fs::path DataFolder::trial_log(int trial) const { return log() / (trial_prefix(trial) + ".log"); }

// TensorBoard shows, and filters by, the path of a session's folder.
fs::path DataFolder::tensorboard(int trial, int session) const {
  return log() / "tb" / fmt::format("t{}_s{}", trial, session);
}

fs::path DataFolder::trial_metrics(int trial) const { return info() / (trial_prefix(trial) + "_trial_metrics.json"); }

fs::path DataFolder::trial_metrics_scalar(int trial) const {
  return root_ / (trial_prefix(trial) + "_trial_metrics_scalar.json");
}

fs::path DataFolder::session_graph(int trial, int session) const {
  return graph() / (session_prefix(trial, session) + "_session_graph.png");
}

fs::path DataFolder::trial_graph(int trial) const {
  return root_ / (trial_prefix(trial) + "_trial_graph_mean_returns_vs_frames.png");
}

fs::path DataFolder::search_journal() const { return info() / (spec_name_ + "_search_journal.log"); }
bool DataFolder::is_search() const { return file_exists(search_journal()); }

fs::path DataFolder::search_results(std::string_view file) const {
  return info() / fmt::format("{}_{}", spec_name_, file);
}

fs::path DataFolder::experiment_df() const { return root_ / (spec_name_ + "_experiment_df.csv"); }

fs::path DataFolder::experiment_graph(std::string_view of) const {
  return root_ / fmt::format("{}_experiment_graph{}{}.png", spec_name_, of.empty() ? "" : "_", of);
}

// Not in the root: there every *_spec.json names what the folder is of.
fs::path DataFolder::best_spec() const { return info() / "best_spec.json"; }

fs::path DataFolder::weights(int trial, int session, bool best) const {
  return model() / fmt::format("{}{}_net_model.safetensors", session_prefix(trial, session), best ? "_ckpt-best" : "");
}

}  // namespace slm
