#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/env/gymnasium/row_state.h"
#include "slm_lab/env/gymnasium/worker.h"
#include "slm_lab/env/vec_env.h"

namespace slm {

/// An environment of Gymnasium in Python, its rows parted among a few processes that step them side by side. Results do
/// not depend on how many there are, as long as the environment keeps nothing for a whole process.
class GymnasiumVecEnv final : public VecEnv {
 public:
  GymnasiumVecEnv(EnvInfo info, const GymnasiumKwargs& kwargs, const std::vector<Rng>& rngs, int num_processes);

  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override;
  void step(const Matrix& actions, StepResult& out) override;
  void serialize(Archive& archive) override;
  std::string remark() const override { return remark_; }

 private:
  void write_actions(const GymnasiumWorker& worker, const Matrix& actions) const;
  void take_step(const GymnasiumWorker& worker, int row, StepResult& out);
  void check_numbers(const GymnasiumWorker& worker, int row) const;
  void repeat_episodes(GymnasiumWorker& worker);
  std::vector<bool> repeat_steps(GymnasiumWorker& worker);
  void wait_for_all();

  EnvInfo info_;
  std::vector<std::unique_ptr<GymnasiumWorker>> workers_;
  std::vector<RowState> states_;  // of each row
  bool started_ = false;
  std::string remark_;
};

}  // namespace slm
