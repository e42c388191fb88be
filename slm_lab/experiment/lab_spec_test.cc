#include "slm_lab/experiment/lab_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/build_info.h"

namespace slm {
namespace {

using testing::HasSubstr;

/// The notes on a shipped spec with these changes.
std::string notes(const std::vector<std::string>& overrides) {
  LoadOptions options;
  options.repository = source_dir();
  options.overrides = overrides;
  const LoadedSpec loaded = load_spec("benchmark/ppo/ppo_cartpole.json", "ppo_cartpole", options);
  SpecReport report(loaded.file);
  read_lab_spec(loaded, report);  // throws when it is refused
  std::string text;
  for (const SpecFinding& finding : report.notes()) text += report.line(finding) + "\n";
  return text;
}

// A finished spec keeps its search block: training it must work with any number of sessions.
TEST(LabSpec, ASearchSchedulerIsNotedAndRefusesNothing) {
  const std::string scheduler = R"(meta.search_scheduler={"grace_period": 1000})";
  EXPECT_THAT(notes({scheduler, "meta.max_session=4"}), HasSubstr("one session per trial"));
  EXPECT_THAT(notes({scheduler, "meta.max_session=1"}), HasSubstr("train leaves it alone"));
  EXPECT_THAT(notes({}), testing::Not(HasSubstr("search_scheduler")));
}

}  // namespace
}  // namespace slm
