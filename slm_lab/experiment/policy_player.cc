#include "slm_lab/experiment/policy_player.h"

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/experiment/session_files.h"

namespace slm {

PolicyPlayer::PolicyPlayer(const PlayedRun& run, std::uint64_t seed, ActMode mode, Drawn drawn)
    : env_(run.spec.env, run.spec.agent.plan->gamma(), statistics_, seed, drawn),
      algorithm_(make_algorithm(run.spec.agent, env_.wrapped().info(), Streams(seed, 0, 0))),
      scale_(algorithm_->action_range(), env_.wrapped().info().action_space),
      mode_(mode),
      rng_(Streams(seed, 0, 0).stream("action")),
      actions_(1, env_.wrapped().info().action_space.size()) {
  SessionFiles(run.folder, run.trial, run.session).load_weights(run.spec, /*best=*/!run.last, *algorithm_, statistics_);
}

void PolicyPlayer::reset(std::vector<double>& obs) {
  if (!started_) env_.wrapped().reset(obs_);  // later ones come with the step that ends an episode
  started_ = true;
  obs = env_.last().fresh_obs;
}

RolloutEnv::Step PolicyPlayer::step(std::vector<double>& action, std::vector<double>& obs) {
  algorithm_->act(obs_, mode_, rng_, actions_);
  env_.wrapped().step(scale_.to_env(actions_), step_);
  obs_.swap(step_.obs);
  action = env_.last().action;
  obs = env_.last().obs;
  return env_.last().step;
}

}  // namespace slm
