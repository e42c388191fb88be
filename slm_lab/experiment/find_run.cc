#include "slm_lab/experiment/find_run.h"

#include <fmt/format.h>

#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/near_name.h"

namespace slm {

DataFolder open_run(const std::filesystem::path& word, const std::filesystem::path& data) {
  const bool is_path = word.empty() || word.has_parent_path() || file_exists(word);
  return DataFolder::open(is_path ? word : data / word);
}

DataFolder find_run(const std::string& word, const std::filesystem::path& data) {
  if (word == "latest") return DataFolder::latest(data);
  if (file_exists(word) || (word.find('/') == word.npos && file_exists(data / word))) return open_run(word, data);
  std::vector<std::string> names;
  for (const DataFolder& folder : DataFolder::all(data)) {
    if (folder.spec_name() == word) return DataFolder::latest(data, word);
    names.push_back(folder.spec_name());
    names.push_back(run_name(folder));
  }
  const auto near = near_name(word, names);
  throw SpecError(fmt::format("{}: no run folder, no run in {} and no spec that one is of{}; `slm-lab list` shows them",
                              word, data.string(), near ? fmt::format("; did you mean {}?", *near) : ""));
}

std::string run_name(const DataFolder& folder) { return std::filesystem::canonical(folder.root()).filename().string(); }

}  // namespace slm
