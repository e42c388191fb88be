#include "slm_lab/store/earlier_trials.h"

#include "slm_lab/base/file.h"
#include "slm_lab/report/json_file.h"

namespace slm {
namespace {

constexpr const char* kFile = "earlier_trials.json";

}  // namespace

void save_earlier_trials(const DataFolder& folder, std::span<const SearchDimension> space,
                         std::span<const EarlierTrial> trials) {
  Json list = Json::array();
  for (const EarlierTrial& trial : trials) {
    Json parameters = Json::object();
    for (std::size_t i = 0; i < space.size(); ++i) parameters[space[i].path] = trial.parameters.at(i);
    list.push_back({{"total_reward_ma", trial.value}, {"parameters", parameters}});
  }
  write_file_durably(folder.search_results(kFile), json_file_text({{"trials", list}}));
}

std::vector<EarlierTrial> read_earlier_trials(const DataFolder& folder, std::span<const SearchDimension> space) {
  const std::filesystem::path file = folder.search_results(kFile);
  std::vector<EarlierTrial> trials;
  if (!file_exists(file)) return trials;
  const Json json = parse_json_file(read_file(file), file.string());
  read_json(file.string(), [&] {
    for (const Json& entry : json.at("trials")) {
      EarlierTrial trial{.parameters = {}, .value = entry.at("total_reward_ma")};
      for (const SearchDimension& dimension : space)
        trial.parameters.push_back(entry.at("parameters").at(dimension.path));
      trials.push_back(std::move(trial));
    }
  });
  return trials;
}

}  // namespace slm
