#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "slm_lab/base/file.h"

namespace slm {

/// The paths of all files below `folder`, relative to it, sorted. A program may be at work there: a folder that is gone
/// by the time it is opened holds no file.
inline std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  std::vector<std::filesystem::path> open = {folder};
  while (!open.empty()) {
    const std::filesystem::path here = open.back();
    open.pop_back();
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(here, gone)) {
      if (entry.is_directory(gone) && !entry.is_symlink(gone)) open.push_back(entry.path());
      if (entry.is_regular_file(gone)) files.push_back(entry.path().lexically_relative(folder).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The one run folder in a data folder; an empty path when there is none yet.
inline std::filesystem::path only_run(const std::filesystem::path& data) {
  std::vector<std::filesystem::path> runs;
  if (std::filesystem::exists(data))
    for (const auto& entry : std::filesystem::directory_iterator(data)) runs.push_back(entry.path());
  EXPECT_LE(runs.size(), 1u);
  return runs.empty() ? std::filesystem::path() : runs[0];
}

inline std::vector<std::vector<std::string>> csv_cells(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream cells(line + ",");
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

/// The columns of a session CSV that do not come from a clock.
inline std::string csv_without_clock(const std::string& text) {
  const auto rows = csv_cells(text);
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      if (i >= rows[0].size() || (rows[0][i] != "fps" && rows[0][i] != "wall_t")) out += row[i] + ",";
    out += "\n";
  }
  return out;
}

inline std::string metrics_without_clock(const std::string& text) {
  nlohmann::json metrics = nlohmann::json::parse(text);
  for (auto& session : metrics["sessions"]) {
    for (const char* timing : {"seconds", "fps", "profile"}) session.erase(timing);
  }
  return metrics.dump();
}

/// All that a finished run computed, by file: weights, tables, metrics and results, without what comes from a clock.
inline std::map<std::string, std::string> results_of(const std::filesystem::path& run) {
  std::map<std::string, std::string> results;
  for (const std::string& file : files_below(run)) {
    const bool model = file.ends_with("_net_model.safetensors");  // a state holds seconds
    if (!model && !file.starts_with("info/")) continue;
    std::string text = read_file(run / file);
    if (file.ends_with(".csv")) text = csv_without_clock(text);
    if (file.ends_with("_trial_metrics.json")) text = metrics_without_clock(text);
    results[file] = std::move(text);
  }
  return results;
}

/// The files that are not the same in both, or only in one.
inline std::set<std::string> differing(const std::map<std::string, std::string>& a,
                                       const std::map<std::string, std::string>& b) {
  std::set<std::string> names;
  for (const auto& [name, text] : a)
    if (!b.contains(name) || b.at(name) != text) names.insert(name);
  for (const auto& [name, text] : b)
    if (!a.contains(name)) names.insert(name);
  return names;
}

}  // namespace slm
