// MuJoCo's environments beside bare physics: a loop of mj_step over the same states, with the same resets, in one run.
//   mujoco_bench [SECONDS]: a line for each environment, steps/s of 16 rows on one thread and on two
#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "bench/timing.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/env/mujoco/ant.h"
#include "slm_lab/env/mujoco/half_cheetah.h"
#include "slm_lab/env/mujoco/hopper.h"
#include "slm_lab/env/mujoco/humanoid.h"
#include "slm_lab/env/mujoco/inverted_double_pendulum.h"
#include "slm_lab/env/mujoco/pusher.h"
#include "slm_lab/env/mujoco/reacher.h"
#include "slm_lab/env/mujoco/swimmer.h"
#include "slm_lab/env/mujoco/walker2d.h"
#include "slm_lab/env/sync_vec_env.h"

namespace slm {
namespace {

constexpr int kRows = 16, kSteps = 40;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Start {
  std::vector<double> qpos, qvel;
};

template <class Env>
class Beside {
 public:
  Beside() : model_(Env::make_model(kwargs_)), actions_(kSteps) {
    const Space space = Env::action_space(kwargs_);
    Rng rng(std::uint64_t{1});
    for (Matrix& batch : actions_) {
      batch.resize(kRows, space.size());
      for (float& value : batch.reshaped()) value = static_cast<float>(rng.uniform(space.low[0], space.high[0]));
    }
    // Where episodes begin, for the bare loop to begin there too: starts_[t] of the rows that restart before step t.
    for (int row = 0; row < kRows; ++row) {
      Env env(kwargs_, model_);
      Rng own(static_cast<std::uint64_t>(row));
      bool over = true;
      for (int t = 0; t < kSteps; ++t) {
        if (over) {
          env.reset(own);
          starts_.push_back({row,
                             t,
                             {{env.state().qpos().begin(), env.state().qpos().end()},
                              {env.state().qvel().begin(), env.state().qvel().end()}}});
        }
        over = env.step({actions_[static_cast<std::size_t>(t)].row(row).data(), static_cast<std::size_t>(space.size())})
                   .terminated;
      }
    }
    for (int i = 0; i < kRows; ++i) data_.push_back(mj_makeData(model_->get()));
  }
  ~Beside() {
    for (mjData* data : data_) mj_deleteData(data);
  }

  /// All steps of all rows.
  template <class Clock>
  double env_seconds(ThreadPool* threads, const Clock& clock) {
    std::vector<Rng> rngs;
    for (int row = 0; row < kRows; ++row) rngs.emplace_back(static_cast<std::uint64_t>(row));
    SyncVecEnv<Env> env({"", Env::obs_space(kwargs_), Env::action_space(kwargs_), kRows, 0}, kwargs_, std::move(rngs),
                        threads);
    StepResult step;
    env.reset(step.obs);
    const double start = clock();
    for (const Matrix& batch : actions_) env.step(batch, step);
    return clock() - start;
  }

  double bare_seconds() {
    const mjModel* model = model_->get();
    std::vector<std::vector<const Start*>> begins(kSteps, std::vector<const Start*>(kRows, nullptr));
    for (const auto& [row, t, start] : starts_)
      begins[static_cast<std::size_t>(t)][static_cast<std::size_t>(row)] = &start;
    const double begun = thread_seconds();
    for (std::size_t t = 0; t < kSteps; ++t)
      for (std::size_t row = 0; row < kRows; ++row) {
        mjData* data = data_[row];
        if (const Start* start = begins[t][row]) {
          mj_resetData(model, data);
          std::copy(start->qpos.begin(), start->qpos.end(), data->qpos);
          std::copy(start->qvel.begin(), start->qvel.end(), data->qvel);
          mj_forward(model, data);
        }
        const float* action = actions_[t].row(static_cast<Eigen::Index>(row)).data();
        std::copy(action, action + model->nu, data->ctrl);
        for (int i = 0; i < kwargs_.frame_skip; ++i) mj_step(model, data);
      }
    return thread_seconds() - begun;
  }

 private:
  struct Begin {
    int row, t;
    Start start;
  };
  typename Env::Kwargs kwargs_;
  std::shared_ptr<const MujocoModel> model_;
  std::vector<Matrix> actions_;  // (kRows, action_dim) each
  std::vector<Begin> starts_;
  std::vector<mjData*> data_;
};

template <class Env>
void compare(const char* name, double seconds) {
  Beside<Env> beside;
  ThreadPool two(2);
  double bare = 1e9, env = 1e9, one_wall = 1e9, two_wall = 1e9;
  for (const double end = wall_seconds() + seconds; wall_seconds() < end;) {  // in turn, the best of each
    bare = std::min(bare, beside.bare_seconds());
    env = std::min(env, beside.env_seconds(nullptr, thread_seconds));
    one_wall = std::min(one_wall, beside.env_seconds(nullptr, wall_seconds));
    two_wall = std::min(two_wall, beside.env_seconds(&two, wall_seconds));
  }
  constexpr double kTotal = kRows * kSteps;
  fmt::print("{:22} {:9.0f} steps/s, bare mj_step {:9.0f}: {:5.1f} %; two threads {:9.0f}: {:.2f} times one\n", name,
             kTotal / env, kTotal / bare, 100 * bare / env, kTotal / two_wall, one_wall / two_wall);
  std::fflush(stdout);
}

}  // namespace
}  // namespace slm

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::max(1.0, std::atof(argv[1])) : 10;
  slm::compare<slm::Hopper>("Hopper-v5", seconds);
  slm::compare<slm::HalfCheetah>("HalfCheetah-v5", seconds);
  slm::compare<slm::Walker2d>("Walker2d-v5", seconds);
  slm::compare<slm::Ant>("Ant-v5", seconds);
  slm::compare<slm::Swimmer>("Swimmer-v5", seconds);
  slm::compare<slm::Reacher>("Reacher-v5", seconds);
  slm::compare<slm::Pusher>("Pusher-v5", seconds);
  slm::compare<slm::InvertedDoublePendulum>("InvertedDoublePendulum-v5", seconds);
  slm::compare<slm::Humanoid>("Humanoid-v5", seconds);
}
