#include "slm_lab/experiment/trial_spec.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "slm_lab/base/sha256.h"
#include "slm_lab/spec/spec_path.h"

namespace slm {
namespace {

constexpr const char* kSampled = "search";

void hash(LoadedSpec& loaded) {
  loaded.canonical = to_canonical_json(loaded.root);
  loaded.hash = sha256_hex(loaded.canonical);
}

LoadedSpec with_values(const LoadedSpec& base, std::span<const SearchDimension> searched,
                       const SearchPoint& parameters) {
  LoadedSpec loaded = base;
  for (std::size_t i = 0; i < searched.size(); ++i)
    set_at_path(loaded.root, searched[i].path, value_of(searched[i], parameters.at(i)), kSampled);
  return loaded;
}

}  // namespace

LoadedSpec best_spec(const LoadedSpec& base, std::span<const SearchDimension> searched, const SearchPoint& parameters) {
  LoadedSpec loaded = with_values(base, searched, parameters);
  hash(loaded);
  return loaded;
}

TrialSpec trial_spec(const LoadedSpec& base, std::span<const SearchDimension> searched, const SearchPoint& parameters) {
  TrialSpec trial{with_values(base, searched, parameters), {}, {}};
  JsonNode& root = trial.loaded.root;
  std::erase_if(root.members, [](const JsonMember& member) { return member.key == "search"; });
  const JsonNode* scheduler = find_at_path(root, "meta.search_scheduler");
  if (scheduler != nullptr && !scheduler->is(JsonNode::Kind::null))
    set_at_path(root, "meta.max_session", parse_value("1"), kSampled);
  hash(trial.loaded);
  SpecReport report(trial.loaded.file);
  SpecReader reader(&root, "", report);
  trial.spec = read_lab_spec(reader);
  const std::vector<SpecFinding> problems = report.problems();
  if (!problems.empty()) {
    trial.problem = report.line(problems.front());
  } else if (const auto missing = missing_features(trial.spec, root); !missing.empty()) {
    trial.problem = fmt::format("{}: {}", missing.front().what, missing.front().why);
  }
  return trial;
}

}  // namespace slm
