#include "slm_lab/store/data_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <regex>
#include <system_error>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

/// The spec name of a folder called {name}_{YYYY_MM_DD_HHMMSS}.
std::optional<std::string> spec_name_of(const std::string& folder) {
  static const std::regex kPattern(R"((.+)_\d{4}_\d{2}_\d{2}_\d{6})");
  std::smatch match;
  if (!std::regex_match(folder, match, kPattern)) return std::nullopt;
  return match[1].str();
}

std::string timestamp(std::time_t time) { return fmt::format("{:%Y_%m_%d_%H%M%S}", fmt::localtime(time)); }

}  // namespace

DataFolder DataFolder::create(const fs::path& data, const std::string& spec_name) {
  std::error_code failure;
  fs::create_directories(data, failure);
  if (failure)
    throw Error(ExitCode::usage, fmt::format("cannot create the data folder {}: {}; choose another with --data DIR",
                                             data.string(), failure.message()));
  for (std::time_t time = std::time(nullptr);; ++time) {
    const fs::path root = data / (spec_name + "_" + timestamp(time));
    const bool created = fs::create_directory(root, failure);
    if (failure)
      throw Error(ExitCode::usage,
                  fmt::format("cannot write into the data folder {}: {}; choose another with --data DIR", data.string(),
                              failure.message()));
    if (!created) continue;
    for (const char* name : {"graph", "info", "log", "model"}) fs::create_directory(root / name);
    return DataFolder(root, spec_name);
  }
}

std::vector<DataFolder> DataFolder::all(const fs::path& data, const std::string& spec_name) {
  std::vector<DataFolder> folders;
  std::error_code failure;  // a missing data folder holds no run
  for (const auto& entry : fs::directory_iterator(data, failure))
    if (spec_name_of(entry.path().filename().string()) == spec_name &&
        fs::exists(entry.path() / (spec_name + "_spec.json"), failure))  // without: killed before it began
      folders.push_back(DataFolder(entry.path(), spec_name));
  std::sort(folders.begin(), folders.end(),
            [](const DataFolder& a, const DataFolder& b) { return a.root() < b.root(); });
  return folders;
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
  std::error_code failure;
  const auto name = spec_name_of(fs::weakly_canonical(root, failure).filename().string());
  if (!fs::is_directory(root)) throw SpecError(fmt::format("{}: no such run folder", folder.string()));
  if (!name || !fs::exists(root / (*name + "_spec.json")))
    throw SpecError(fmt::format("{}: not a run folder (expected {{spec}}_{{timestamp}} with its spec file inside)",
                                folder.string()));
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
