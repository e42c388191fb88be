// Traces that Gymnasium itself made (tests/golden): positions, velocities, observations, rewards and flags of every
// step, and the state of the generator after every reset, must all come out with the same bits.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "slm_lab/env/mujoco/ant.h"
#include "slm_lab/env/mujoco/half_cheetah.h"
#include "slm_lab/env/mujoco/hopper.h"
#include "slm_lab/env/mujoco/humanoid.h"
#include "slm_lab/env/mujoco/humanoid_standup.h"
#include "slm_lab/env/mujoco/inverted_double_pendulum.h"
#include "slm_lab/env/mujoco/inverted_pendulum.h"
#include "slm_lab/env/mujoco/pusher.h"
#include "slm_lab/env/mujoco/reacher.h"
#include "slm_lab/env/mujoco/swimmer.h"
#include "slm_lab/env/mujoco/walker2d.h"
#include "tests/support/golden_traces.h"

namespace slm::mujoco_golden_test {
namespace {

using Json = nlohmann::json;

std::vector<double> copy(std::span<const double> values) { return {values.begin(), values.end()}; }

template <class Env>
void replay(const std::string& name) {
  const std::filesystem::path folder = golden_folder(name);
  const Json meta = Json::parse(std::ifstream(folder / "meta.json"));
  const auto actions = read_golden<float>(folder / "action.f32");
  const auto golden_obs = read_golden<double>(folder / "obs.f64"),
             reset_obs = read_golden<double>(folder / "reset_obs.f64");
  const auto qpos = read_golden<double>(folder / "qpos.f64"),
             reset_qpos = read_golden<double>(folder / "reset_qpos.f64");
  const auto qvel = read_golden<double>(folder / "qvel.f64"),
             reset_qvel = read_golden<double>(folder / "reset_qvel.f64");
  const auto reward = read_golden<double>(folder / "reward.f64");
  const auto terminated = read_golden<std::uint8_t>(folder / "terminated.u8");

  const typename Env::Kwargs kwargs;
  const auto model = Env::make_model(kwargs);
  std::vector<double> obs(static_cast<std::size_t>(Env::obs_space(kwargs).size()));
  const auto nu = static_cast<std::size_t>(Env::action_space(kwargs).size());
  for (const Json& trace : meta["traces"]) {
    SCOPED_TRACE(trace["name"]);
    Env env(kwargs, model);
    Rng rng(trace["seed"].get<std::uint64_t>());
    const auto& resets = trace["resets_before_step"];
    std::size_t num_resets = 0;
    for (std::size_t t = 0; t < trace["steps"]; ++t) {
      SCOPED_TRACE(t);
      if (num_resets < resets.size() && resets[num_resets] == t) {
        env.reset(rng);
        env.observe(obs.data());
        const std::size_t at = trace["first_reset"].get<std::size_t>() + num_resets;
        const Json& generator = trace["rng_after_reset"][num_resets];
        ASSERT_TRUE(rng.state().state == from_golden_hex(generator["state"]));
        ASSERT_EQ(copy(env.state().qpos()), golden_row(reset_qpos, at, env.state().qpos().size()));
        ASSERT_EQ(copy(env.state().qvel()), golden_row(reset_qvel, at, env.state().qvel().size()));
        ASSERT_EQ(obs, golden_row(reset_obs, at, obs.size()));
        ++num_resets;
      }
      const std::size_t at = trace["first_step"].get<std::size_t>() + t;
      const EnvStep step = env.step(std::span(&actions[at * nu], nu));
      env.observe(obs.data());
      ASSERT_EQ(copy(env.state().qpos()), golden_row(qpos, at, env.state().qpos().size()));
      ASSERT_EQ(copy(env.state().qvel()), golden_row(qvel, at, env.state().qvel().size()));
      ASSERT_EQ(obs, golden_row(golden_obs, at, obs.size()));
      ASSERT_EQ(step.reward, reward[at]);
      ASSERT_EQ(step.terminated, terminated[at] != 0);
      ASSERT_FALSE(step.diverged);
    }
    EXPECT_EQ(num_resets, resets.size());
  }
}

TEST(MujocoGolden, Hopper) { replay<Hopper>("Hopper-v5"); }
TEST(MujocoGolden, HalfCheetah) { replay<HalfCheetah>("HalfCheetah-v5"); }
TEST(MujocoGolden, Walker2d) { replay<Walker2d>("Walker2d-v5"); }
TEST(MujocoGolden, Ant) { replay<Ant>("Ant-v5"); }
TEST(MujocoGolden, Swimmer) { replay<Swimmer>("Swimmer-v5"); }
TEST(MujocoGolden, Reacher) { replay<Reacher>("Reacher-v5"); }
TEST(MujocoGolden, Pusher) { replay<Pusher>("Pusher-v5"); }
TEST(MujocoGolden, InvertedPendulum) { replay<InvertedPendulum>("InvertedPendulum-v5"); }
TEST(MujocoGolden, InvertedDoublePendulum) { replay<InvertedDoublePendulum>("InvertedDoublePendulum-v5"); }
TEST(MujocoGolden, Humanoid) { replay<Humanoid>("Humanoid-v5"); }
TEST(MujocoGolden, HumanoidStandup) { replay<HumanoidStandup>("HumanoidStandup-v5"); }

}  // namespace
}  // namespace slm::mujoco_golden_test
