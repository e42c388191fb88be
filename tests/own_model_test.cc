// A run in a physics model of the user's own goes on and is played from any folder, and in no other model unnoticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/short_run.h"

namespace slm::own_model_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

void write_model(const fs::path& file, const std::string& size) {
  std::ofstream(file) << "<mujoco><worldbody><body><joint name='slide' type='slide' axis='1 0 0'/><geom size='" << size
                      << "'/><body><joint type='hinge' axis='0 1 0'/><geom size='.1' pos='0 0 .5'/></body></body>"
                         "</worldbody><actuator><motor joint='slide' gear='10' ctrlrange='-1 1'/></actuator></mujoco>";
}

TEST(OwnModel, GoesWithItsRunAndIsNotExchangedUnnoticed) {
  const ScratchFolder scratch;
  const fs::path here = scratch / "here", elsewhere = scratch / "elsewhere", data = scratch / "data";
  fs::create_directories(here);
  fs::create_directories(elsewhere);
  write_model(here / "pendulum.xml", ".1");
  const auto run = [&](int frames, const std::string& mode, const fs::path& folder) {
    const ShortRun short_run{"ppo/ppo_pendulum.json",
                             "ppo_pendulum",
                             frames,
                             {"env.name=InvertedPendulum-v5", "env.xml_file=\"./pendulum.xml\""},
                             {"--checkpoint-seconds", "0"}};
    return run_program(short_run.command(data, mode), {.environment = {}, .folder = folder});
  };
  const auto enjoy = [&] {
    return run_program(slm_lab({"enjoy", only_run(data).string(), "--episodes", "1"}),
                       {.environment = {}, .folder = elsewhere});
  };
  ProcessResult result = run(4000, "train", here);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  result = enjoy();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("warning")));
  result = run(8000, "train@latest", here);  // the same settings, as they are typed again
  EXPECT_EQ(result.exit_code, 0) << result.err;

  write_model(here / "pendulum.xml", ".2");
  result = enjoy();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("is not the model that this policy was trained in"));
  result = run(12000, "train@latest", here);
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, testing::AllOf(HasSubstr((fs::canonical(here) / "pendulum.xml").string()),
                                         HasSubstr("not the model that this run was trained in")));
  write_model(here / "pendulum.xml", ".1");
  result = run(12000, "train@latest", here);
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace slm::own_model_test
