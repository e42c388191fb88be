#include "slm_lab/experiment/earlier_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/experiment/find_run.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/search/narrow.h"
#include "slm_lab/spec/spec_path.h"
#include "slm_lab/store/saved_spec.h"

namespace slm {
namespace {

constexpr const char* kRefined = "--refine";
constexpr const char* kSessions = "4";  // of the page's second stage
constexpr std::size_t kFewestWinners = 3;

std::vector<SearchDimension> space_of(const LoadedSpec& loaded) {
  SpecReport report(loaded.file);
  return searched_dimensions(read_lab_spec(loaded, report).search);
}

const SearchDimension* same_path(const std::vector<SearchDimension>& space, const std::string& path) {
  const auto found = std::ranges::find(space, path, &SearchDimension::path);
  return found == space.end() ? nullptr : &*found;
}

/// What the command line says about the key stays.
void set_unless_given(JsonNode& root, const char* path, const char* value) {
  const JsonNode* node = find_at_path(root, path);
  if (node == nullptr || node->origin.empty()) set_at_path(root, path, parse_value(value), kRefined);
}

}  // namespace

EarlierSearch read_earlier_search(const std::string& where, const std::filesystem::path& data,
                                  const std::string& spec_name) {
  const DataFolder folder = where == "latest" ? DataFolder::latest_search(data, spec_name) : open_run(where, data);
  const std::string name = folder.root().string();
  if (!folder.is_search()) throw SpecError(fmt::format("{}: no search, but a run", name));
  EarlierSearch earlier{folder, space_of(load_search_spec(folder)), {}};
  earlier.trials = SearchJournal::read(folder, earlier.searched);
  std::erase_if(earlier.trials, [](const JournalTrial& trial) {
    return trial.state == JournalTrial::State::running || !std::isfinite(trial.value);
  });
  if (earlier.trials.empty()) throw SpecError(fmt::format("{}: none of its trials has a score yet", name));
  std::ranges::stable_sort(earlier.trials, std::ranges::greater{}, &JournalTrial::value);
  return earlier;
}

std::vector<EarlierTrial> trials_of(const EarlierSearch& earlier, const std::vector<SearchDimension>& space) {
  const std::string name = earlier.folder.root().string();
  for (const SearchDimension& dimension : space)
    if (same_path(earlier.searched, dimension.path) == nullptr)
      throw SpecError(fmt::format("{}: {} was not searched there: its trials say nothing of it", name, dimension.path));
  for (const SearchDimension& dimension : earlier.searched)
    if (same_path(space, dimension.path) == nullptr)
      throw SpecError(fmt::format("{}: {} was searched there and is not here", name, dimension.path));
  std::vector<EarlierTrial> trials;
  for (const JournalTrial& trial : earlier.trials) {
    EarlierTrial here{.parameters = {}, .value = trial.value};
    for (const SearchDimension& dimension : space) {
      const SearchDimension* there = same_path(earlier.searched, dimension.path);
      const double number = trial.parameters[static_cast<std::size_t>(there - earlier.searched.data())];
      if (const auto same = number_of_same_value(dimension, *there, number)) here.parameters.push_back(*same);
    }
    if (here.parameters.size() == space.size()) trials.push_back(std::move(here));
  }
  return trials;
}

LoadedSpec refined_spec(const LoadedSpec& given, const EarlierSearch& earlier) {
  const std::size_t winners =
      std::min(earlier.trials.size(), std::max(kFewestWinners, (earlier.trials.size() + 4) / 5));
  std::vector<SearchDimension> space = space_of(given);
  bool any = false;
  for (SearchDimension& dimension : space) {
    const SearchDimension* there = same_path(earlier.searched, dimension.path);
    if (there == nullptr) continue;
    std::vector<double> numbers;
    for (std::size_t i = 0; i < winners; ++i) {
      const double number = earlier.trials[i].parameters[static_cast<std::size_t>(there - earlier.searched.data())];
      if (const auto same = number_of_same_value(dimension, *there, number)) numbers.push_back(*same);
    }
    if (numbers.empty()) continue;
    any = true;
    dimension = narrowed(dimension, numbers);
  }
  if (!any)
    throw SpecError(
        fmt::format("{}: no winner of {} lies in its search space", given.file, earlier.folder.root().string()));
  LoadedSpec refined = given;
  set_at_path(refined.root, "search", search_block(space), kRefined);
  set_unless_given(refined.root, "meta.search_scheduler", "null");
  set_unless_given(refined.root, "meta.max_session", kSessions);
  refined.canonical = to_canonical_json(refined.root);
  refined.hash = sha256_hex(refined.canonical);
  return refined;
}

}  // namespace slm
