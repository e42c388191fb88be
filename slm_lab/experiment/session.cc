#include "slm_lab/experiment/session.h"

#include <fmt/format.h>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/store/checkpoint.h"

namespace slm {
namespace {

constexpr int kFinalEpisodes = 100;  // the 100 of D-100

SessionRow training_row(const TrainStats& stats) {
  SessionRow row;
  row.loss = stats.loss;
  row.policy_loss = stats.policy_loss;
  row.value_loss = stats.value_loss;
  row.entropy = stats.entropy;
  row.explained_variance = stats.explained_variance;
  row.kl = stats.kl;
  row.clip_fraction = stats.clip_fraction;
  row.q_value = stats.q_value;
  row.td_error = stats.td_error;
  row.grad_norm = stats.grad_norm;
  return row;
}

}  // namespace

Session::Session(const LabSpec& spec, std::uint64_t trial, std::uint64_t session, ThreadPool* pool)
    : spec_(spec),
      pool_(pool),
      streams_(spec.meta.seed, trial, session),
      env_(make_env(spec.env, spec.env.num_envs, spec.agent.plan->gamma(), streams_, env_statistics_, EnvUse::train,
                    pool)),
      num_envs_(env_->info().num_envs),
      algorithm_(make_algorithm(spec.agent, env_->info(), streams_)),
      action_scale_(algorithm_->action_range(), env_->info().action_space),
      action_rng_(streams_.stream("action")),
      update_rng_(streams_.stream("update")),
      record_(num_envs_),
      eval_record_(num_envs_),
      best_weights_(*algorithm_, env_statistics_),
      actions_(num_envs_, env_->info().action_space.size()) {
  if (pool) algorithm_->share_work(*pool);
  env_->reset(obs_);
}

void Session::step() {
  StepTimer phase(t_);
  phase.then(Phase::act);
  algorithm_->act(obs_, ActMode::train, action_rng_, actions_);
  phase.then(Phase::env);
  env_->step(action_scale_.to_env(actions_), step_);
  frame_ += num_envs_;
  ++t_;
  phase.then(Phase::store);
  algorithm_->observe(obs_, actions_, step_);
  if (const auto stats = algorithm_->update(frame_, update_rng_)) record_.add_training(training_row(*stats));
  for (int row = 0; row < num_envs_; ++row)
    if (step_.episode_over[row]) record_.add_episode(row, step_.episode_return[row], step_.episode_length[row]);
  obs_.swap(step_.obs);
}

std::string Session::divergence() const {
  std::string text;
  for (Eigen::Index row = 0; row < step_.diverged.size(); ++row)
    if (step_.diverged[row])
      text += fmt::format(
          "{}the physics of {} diverged at frame {}: environment {} of {}, step {} of its episode, seed {}; the "
          "episode "
          "ended there as terminated, with reward 0",
          text.empty() ? "" : "\n", env_->info().name, frame_, row, env_->info().num_envs, step_.episode_length[row],
          spec_.meta.seed);
  return text;
}

const SessionRow& Session::log_point() {
  const PhaseTimer timer(Phase::log);
  const SessionRow& row = record_.add_log_point(row_now());
  best_weights_.offer(row.total_reward_ma, *algorithm_, env_statistics_);
  return row;
}

SessionRow Session::row_now() const {
  const Coefficients coefficients = algorithm_->coefficients();
  SessionRow row;
  row.frame = static_cast<double>(frame_);
  row.wall_t = seconds();
  row.fps = row.frame / row.wall_t;
  row.t = static_cast<double>(t_);
  row.opt_step = static_cast<double>(algorithm_->opt_step());
  row.lr = coefficients.lr;
  row.explore_var = coefficients.explore_var;
  row.entropy_coef = coefficients.entropy_coef;
  row.clip_eps = coefficients.clip_eps;
  row.alpha = coefficients.alpha;
  return row;
}

bool Session::evaluate_now(const Stopped& stopped) {
  const PhaseTimer timer(Phase::evaluate);
  const auto evaluation = evaluate_unless(stopped, *algorithm_, spec_.env, spec_.agent.plan->gamma(), env_statistics_,
                                          streams_.at(static_cast<std::uint64_t>(frame_)), spec_.meta.rigorous_eval,
                                          ActMode::evaluate, pool_);
  if (!evaluation) return false;
  SessionRow row = row_now();
  row.total_reward = evaluation->mean();
  row.eval_episodes = static_cast<double>(evaluation->returns.size());
  eval_record_.add_evaluation(row);
  return true;
}

std::optional<Evaluation> Session::evaluate_final(const Stopped& stopped) {
  const PhaseTimer timer(Phase::evaluate);
  return evaluate_unless(stopped, *algorithm_, spec_.env, spec_.agent.plan->gamma(), env_statistics_, streams_.at(0),
                         kFinalEpisodes, ActMode::greedy, pool_);
}

double Session::seconds_here() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

double Session::seconds() const { return total(earlier_seconds_) + seconds_here(); }

PhaseSeconds Session::phase_seconds() const {
  PhaseSeconds seconds = profile_.divide(seconds_here());
  for (std::size_t i = 0; i < seconds.size(); ++i) seconds[i] += earlier_seconds_[i];
  return seconds;
}

void Session::serialize(Archive& archive) {
  archive("frame", frame_);
  archive("t", t_);
  obs_.serialize("obs", archive);
  archive("env", *env_);
  archive("env_statistics", env_statistics_);
  archive("algorithm", *algorithm_);
  archive("action_rng", action_rng_);
  archive("update_rng", update_rng_);
  archive(kTrainRecord, record_);
  archive(kEvalRecord, eval_record_);
  archive("best", best_weights_);
  PhaseSeconds phases = phase_seconds();
  double trained_seconds = total(phases);
  archive("seconds", trained_seconds);
  if (!archive.loading() || archive.contains("phase_seconds")) archive("phase_seconds", std::span(phases));
  if (archive.loading()) {
    earlier_seconds_ = archive.contains("phase_seconds") ? phases : undivided(trained_seconds);
    started_ = std::chrono::steady_clock::now();
    profile_.restart();
  }
}

}  // namespace slm
