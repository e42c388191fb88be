// A state goes on in the model that it was saved of, wherever that lies, and in no other.
#include "slm_lab/env/mujoco/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "tests/support/scratch_folder.h"

namespace slm::state_test {
namespace {

MujocoState make_state(const std::string& xml_file) {
  return {std::make_shared<const MujocoModel>(xml_file), /*frame_skip=*/1, ContactForces::no};
}

/// A weight on a rail, whose size stands in a file that it includes.
std::string write_model(const std::filesystem::path& folder, const std::string& size) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "weight.xml") << "<mujoco><worldbody><body><joint name='j' type='slide' axis='1 0 0'/>"
                                          "<geom size='" +
                                              size + "'/></body></worldbody></mujoco>";
  const std::string file = folder / "rail.xml";
  std::ofstream(file) << "<mujoco><include file='weight.xml'/><actuator><motor joint='j' ctrlrange='-1 1'/></actuator>"
                         "</mujoco>";
  return file;
}

std::string refusal(const Archive& saved, MujocoState state) {
  Archive archive = saved.reopened();
  try {
    archive("physics", state);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);  // a damaged checkpoint would have the one before tried
    return error.what();
  }
  return "";
}

TEST(MujocoState, GoesOnInItsOwnModelOnly) {
  const ScratchFolder scratch;
  const std::string file = write_model(scratch / "here", "0.1");
  Archive saved;
  MujocoState state = make_state(file);
  ASSERT_TRUE(state.step(std::vector<float>{1}));
  saved("physics", state);
  EXPECT_EQ(refusal(saved, make_state(file)), "");
  EXPECT_EQ(refusal(saved, make_state(write_model(scratch / "there", "0.1"))), "");
  write_model(scratch / "here", "0.1000000001");
  EXPECT_THAT(
      refusal(saved, make_state(file)),
      testing::AllOf(testing::HasSubstr(file), testing::HasSubstr("not the model that this run was trained in")));
}

TEST(MujocoState, OfGymnasiumsModelsSaysNothingOfThem) {
  Archive saved;
  MujocoState state = make_state("hopper.xml");
  saved("physics", state);
  EXPECT_FALSE(saved.contains("physics.model_sha256"));
}

TEST(MujocoState, TakesARewardThatIsNoNumberForADivergence) {
  MujocoState state = make_state("hopper.xml");
  EXPECT_EQ(state.outcome(1.5, true).reward, 1.5);
  EXPECT_TRUE(state.outcome(1.5, true).terminated);
  for (const double reward : {1e300, std::numeric_limits<double>::quiet_NaN()}) {
    const EnvStep step = state.outcome(reward, false);
    EXPECT_TRUE(step.diverged && step.terminated);
    EXPECT_EQ(step.reward, 0);
  }
}

}  // namespace
}  // namespace slm::state_test
