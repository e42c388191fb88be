#include "slm_lab/store/data_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ctime>
#include <optional>
#include <regex>
#include <string_view>
#include <system_error>
#include <utility>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSpecEnding = "_spec.json";

/// The spec that a run folder is of: {name}_spec.json, beside the {name}_t{t}_spec.json of its trials.
std::optional<std::string> spec_name_in(const fs::path& root) {
  static const std::regex kOfATrial(R"((.+)_t\d+(_s\d+)?)");
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(root, failure)) {
    const std::string file = entry.path().filename().string();
    if (!file.ends_with(kSpecEnding)) continue;
    const std::string name = file.substr(0, file.size() - kSpecEnding.size());
    // A trial's file; unless it has one of a trial itself: then the spec's own name ends like that.
    if (std::regex_match(name, kOfATrial) && !fs::exists(root / (name + "_t0" + std::string(kSpecEnding)))) continue;
    return name;
  }
  return std::nullopt;
}

std::string timestamp(std::time_t time) { return fmt::format("{:%Y_%m_%d_%H%M%S}", fmt::localtime(time)); }

/// When a run began: by the timestamp in its name or, if it was given another, by the time of its spec file.
std::string began(const DataFolder& folder) {
  static const std::regex kPattern(R"(.+_(\d{4}_\d{2}_\d{2}_\d{6}))");
  const std::string name = folder.root().filename().string();
  std::smatch match;
  if (std::regex_match(name, match, kPattern)) return match[1].str();
  struct stat facts {};
  return stat(folder.spec_file().c_str(), &facts) == 0 ? timestamp(facts.st_mtime) : "";
}

/// The run folders that lie in `data`, oldest first; with `spec_name`, those of that spec.
std::vector<DataFolder> folders_in(const fs::path& data, const std::optional<std::string>& spec_name) {
  std::vector<DataFolder> folders;
  std::error_code failure;  // a missing data folder holds no run
  for (const auto& entry : fs::directory_iterator(data, failure)) {
    const auto name = spec_name_in(entry.path());  // none: no run, or killed before it began
    if (name && (!spec_name || name == spec_name)) folders.push_back(DataFolder::open(entry.path()));
  }
  std::sort(folders.begin(), folders.end(), [](const DataFolder& a, const DataFolder& b) {
    return std::pair(began(a), a.root()) < std::pair(began(b), b.root());
  });
  return folders;
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

void make_parts(const fs::path& root) {
  for (const char* name : {"graph", "info", "log", "model"}) fs::create_directory(root / name);
}

}  // namespace

DataFolder DataFolder::create(const fs::path& data, const std::string& spec_name, const std::string& name) {
  if (!name.empty()) check_name(name);
  std::error_code failure;
  fs::create_directories(data, failure);
  if (failure)
    throw Error(ExitCode::usage, fmt::format("cannot create the data folder {}: {}; choose another with --data DIR",
                                             data.string(), failure.message()));
  for (std::time_t time = std::time(nullptr);; ++time) {
    const fs::path root = data / (name.empty() ? spec_name + "_" + timestamp(time) : name);
    const bool created = fs::create_directory(root, failure);
    if (failure)
      throw Error(ExitCode::usage,
                  fmt::format("cannot write into the data folder {}: {}; choose another with --data DIR", data.string(),
                              failure.message()));
    if (!created && !name.empty())
      throw SpecError(fmt::format("--name {0}: {1} exists; continue it with train@{1}, or choose another name", name,
                                  root.string()));
    if (!created) continue;
    make_parts(root);
    return DataFolder(root, spec_name);
  }
}

std::vector<DataFolder> DataFolder::all(const fs::path& data, const std::string& spec_name) {
  return folders_in(data, spec_name);
}

DataFolder DataFolder::latest(const fs::path& data) {
  const std::vector<DataFolder> folders = folders_in(data, std::nullopt);
  if (folders.empty()) throw SpecError(fmt::format("no run in {}: start one with `train`", data.string()));
  return folders.back();
}

DataFolder DataFolder::latest(const fs::path& data, const std::string& spec_name) {
  const std::vector<DataFolder> folders = all(data, spec_name);
  if (folders.empty())
    throw SpecError(fmt::format("no run of {0} in {1}: start one with `slm-lab run SPEC_FILE {0} train`", spec_name,
                                data.string()));
  return folders.back();
}

DataFolder DataFolder::open(const fs::path& folder) {
  fs::path root = fs::is_regular_file(folder) ? folder.parent_path() : folder;
  if (root.filename().empty()) root = root.parent_path();  // a trailing slash
  if (!fs::is_directory(root)) throw SpecError(fmt::format("{}: no such run folder", folder.string()));
  const auto name = spec_name_in(root);
  if (!name)
    throw SpecError(
        fmt::format("{}: not a run folder (expected one with its {{spec}}_spec.json inside)", folder.string()));
  return DataFolder(root, *name);
}

fs::path DataFolder::spec_file() const { return root_ / (spec_name_ + "_spec.json"); }
fs::path DataFolder::trial_spec_file(int trial) const { return root_ / (trial_prefix(trial) + "_spec.json"); }
fs::path DataFolder::manifest_file() const { return root_ / "manifest.json"; }
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

fs::path DataFolder::session_log(int trial, int session) const {
  return log() / (session_prefix(trial, session) + ".log");
}

fs::path DataFolder::session_metrics(int trial, int session, std::string_view df) const {
  return info() / fmt::format("{}_session_metrics_{}.json", session_prefix(trial, session), df);
}

fs::path DataFolder::trial_metrics(int trial) const { return info() / (trial_prefix(trial) + "_trial_metrics.json"); }

fs::path DataFolder::trial_metrics_scalar(int trial) const {
  return root_ / (trial_prefix(trial) + "_trial_metrics_scalar.json");
}

fs::path DataFolder::weights(int trial, int session, bool best, std::string_view net) const {
  return model() /
         fmt::format("{}{}_{}_model.safetensors", session_prefix(trial, session), best ? "_ckpt-best" : "", net);
}

fs::path DataFolder::statistics(int trial, int session) const {
  return model() / fmt::format("{}_env_statistics.safetensors", session_prefix(trial, session));
}

}  // namespace slm
