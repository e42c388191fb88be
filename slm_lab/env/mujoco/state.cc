#include "slm_lab/env/mujoco/state.h"

#include <mujoco/mujoco.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

// With the warm start of the solver: without it the next step differs.
constexpr unsigned kState = mjSTATE_INTEGRATION;

std::span<double> numbers(double* first, int count) { return {first, static_cast<std::size_t>(count)}; }

/// MuJoCo judges a position or a velocity when the next step begins, too late for those that the last one led to.
bool diverged(const mjModel& model, const mjData& data) {
  const auto seen = [&](mjtWarning warning) { return data.warning[warning].number > 0; };
  const auto bad = [](double value) { return mju_isBad(value) != 0; };
  return seen(mjWARN_BADQPOS) || seen(mjWARN_BADQVEL) || seen(mjWARN_BADQACC) || seen(mjWARN_BADCTRL) ||
         std::any_of(data.qpos, data.qpos + model.nq, bad) || std::any_of(data.qvel, data.qvel + model.nv, bad);
}

}  // namespace

void MujocoState::Delete::operator()(mjData* data) const { mj_deleteData(data); }

MujocoState::MujocoState(std::shared_ptr<const MujocoModel> model, int frame_skip, ContactForces contact_forces)
    : model_(std::move(model)),
      data_(mj_makeData(model_->get())),
      frame_skip_(frame_skip),
      contact_forces_(contact_forces),
      dt_(model_->timestep() * frame_skip) {
  if (!data_) throw Error(ExitCode::missing, "MuJoCo: no memory for another environment");
}

void MujocoState::reset() { mj_resetData(model_->get(), data_.get()); }

void MujocoState::start() { mj_forward(model_->get(), data_.get()); }

bool MujocoState::step(std::span<const float> action) {
  ensure(action.size() == ctrl().size(), "one control for each actuator");
  std::copy(action.begin(), action.end(), data_->ctrl);
  for (int i = 0; i < frame_skip_; ++i) mj_step(model_->get(), data_.get());
  if (diverged(*model_->get(), *data_)) {
    reset();
    start();
    return false;
  }
  if (contact_forces_ == ContactForces::yes) mj_rnePostConstraint(model_->get(), data_.get());
  return true;
}

EnvStep MujocoState::outcome(double reward, bool terminated) {
  if (std::isfinite(static_cast<float>(reward))) return {reward, terminated};
  reset();
  start();
  return EnvStep::of_divergence();
}

std::span<double> MujocoState::qpos() { return numbers(data_->qpos, model_->get()->nq); }
std::span<const double> MujocoState::qpos() const { return numbers(data_->qpos, model_->get()->nq); }
std::span<double> MujocoState::qvel() { return numbers(data_->qvel, model_->get()->nv); }
std::span<const double> MujocoState::qvel() const { return numbers(data_->qvel, model_->get()->nv); }
std::span<const double> MujocoState::ctrl() const { return numbers(data_->ctrl, model_->get()->nu); }
std::span<const double> MujocoState::qfrc_actuator() const { return numbers(data_->qfrc_actuator, model_->get()->nv); }
std::span<const double> MujocoState::qfrc_constraint() const {
  return numbers(data_->qfrc_constraint, model_->get()->nv);
}
std::span<const double> MujocoState::xpos(int body) const { return numbers(data_->xpos + 3 * body, 3); }
std::span<const double> MujocoState::site_xpos(int site) const { return numbers(data_->site_xpos + 3 * site, 3); }
std::span<const double> MujocoState::xipos() const { return numbers(data_->xipos, 3 * model_->get()->nbody); }
std::span<const double> MujocoState::cinert() const { return numbers(data_->cinert, 10 * model_->get()->nbody); }
std::span<const double> MujocoState::cvel() const { return numbers(data_->cvel, 6 * model_->get()->nbody); }
std::span<const double> MujocoState::cfrc_ext() const { return numbers(data_->cfrc_ext, 6 * model_->get()->nbody); }

void MujocoState::serialize(Archive& archive) {
  std::string sha256 = model_->sizes().sha256;
  if (!sha256.empty() && (!archive.loading() || archive.contains("model_sha256"))) archive("model_sha256", sha256);
  model_->require_same(sha256);
  std::vector<double> state(static_cast<std::size_t>(mj_stateSize(model_->get(), kState)));
  if (!archive.loading()) mj_getState(model_->get(), data_.get(), state.data(), kState);
  archive("state", std::span<double>(state));
  if (archive.loading()) mj_setState(model_->get(), data_.get(), state.data(), kState);
}

void add_uniform(std::span<double> values, double scale, Rng& rng) {
  for (double& value : values) value += rng.uniform(-scale, scale);
}

void add_normal(std::span<double> values, double scale, Rng& rng) {
  for (double& value : values) value += scale * rng.standard_normal();
}

}  // namespace slm
