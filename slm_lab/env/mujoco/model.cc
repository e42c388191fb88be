#include "slm_lab/env/mujoco/model.h"

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/env/mujoco/apart.h"

namespace slm {
namespace {

constexpr std::uintmax_t kMaxBytes = std::uintmax_t{64} << 20;  // nobody writes such a model

/// MuJoCo's own handlers write a log file into the working folder, and end the process.
void take_over_messages() {
  // Physics that went astray is seen by the step itself (state.cc).
  mju_user_warning = [](const char*) {};
  mju_user_error = [](const char* text) { throw SpecError(fmt::format("MuJoCo: {}", text)); };
}

/// Whether it is not one of Gymnasium's, which are known to be right.
bool is_own(const std::string& xml_file) {
  return xml_file.starts_with('.') || xml_file.starts_with('/') || xml_file.starts_with("~/");
}

std::filesystem::path path_of(const std::string& xml_file) {
  if (xml_file.starts_with('.') || xml_file.starts_with('/')) return xml_file;
  if (xml_file.starts_with("~/"))
    if (const char* home = std::getenv("HOME")) return home + xml_file.substr(1);
  return std::filesystem::path(SLM_MUJOCO_MODELS) / xml_file;
}

[[noreturn]] void refuse(const std::string& xml_file, std::string_view why) {
  throw SpecError(fmt::format("model {}: {}", xml_file, why));
}

void require_readable(const std::string& xml_file, const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) refuse(xml_file, fmt::format("there is no file {}", path.string()));
  if (!std::filesystem::is_regular_file(path, error)) refuse(xml_file, "expected a file");
  if (std::filesystem::file_size(path, error) > kMaxBytes) refuse(xml_file, "larger than 64 MB");
}

mjModel* compile(const std::string& xml_file) {
  static const bool taken = (take_over_messages(), true);
  static_cast<void>(taken);
  const std::filesystem::path path = path_of(xml_file);
  require_readable(xml_file, path);
  std::array<char, 1000> text{};
  mjModel* model = mj_loadXML(path.c_str(), nullptr, text.data(), text.size());
  if (model == nullptr) refuse(xml_file, fmt::format("MuJoCo refuses it: {}", text.data()));
  return model;
}

/// What a model lacks may show only when it moves: too little memory of its own, for one. A step is judged by the next.
void try_out(const mjModel& model) {
  const double timestep = model.opt.timestep;
  if (!(timestep >= mjMINVAL && timestep <= mjMAXVAL))
    throw SpecError(fmt::format("its timestep is {}: expected seconds, from {} to {}", timestep, mjMINVAL, mjMAXVAL));
  const std::unique_ptr<mjData, void (*)(mjData*)> data(mj_makeData(&model), mj_deleteData);
  if (!data) throw Error(ExitCode::missing, "MuJoCo: no memory for an environment");
  for (int i = 0; i < 2; ++i) mj_step(&model, data.get());
  for (const mjtWarning bad : {mjWARN_BADQPOS, mjWARN_BADQVEL, mjWARN_BADQACC})
    if (data->warning[bad].number > 0) throw SpecError("its physics diverges at the first steps");
}

/// A line of MJCF can ask for a hundred million bodies, which MuJoCo would set out to make.
void try_apart(const std::string& xml_file) {
  require_readable(xml_file, path_of(xml_file));
  const std::string failure = failure_apart([&] {
    const std::unique_ptr<mjModel, void (*)(mjModel*)> model(compile(xml_file), mj_deleteModel);
    if (model->nu > 0) try_out(*model);
  });
  if (failure.empty()) return;
  const std::string start = fmt::format("model {}: ", xml_file);
  throw SpecError(failure.starts_with(start) ? failure : start + failure);
}

/// Of all that was compiled, from whichever files.
std::string sha256_of(const mjModel& model) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(mj_sizeModel(&model)));
  mj_saveModel(&model, nullptr, bytes.data(), static_cast<int>(bytes.size()));
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

mjModel* load(const std::string& xml_file) {
  if (is_own(xml_file)) try_apart(xml_file);
  return compile(xml_file);
}

}  // namespace

MujocoModel::MujocoModel(const std::string& xml_file) : xml_file_(xml_file), model_(load(xml_file)) {
  require(model_->nu > 0, "it has no actuators");
  sizes_ = {model_->nq, model_->nv, model_->nbody, {}, {}};
  if (is_own(xml_file_)) sizes_.sha256 = sha256_of(*model_);
  read_ctrl_bounds();
  try {
    try_out(*model_);
  } catch (const SpecError& error) {
    refuse(xml_file_, error.what());
  }
}

/// Actions are floats, and scaled by the width of their bounds.
void MujocoModel::read_ctrl_bounds() {
  for (int i = 0; i < model_->nu; ++i) {
    const double* range = model_->actuator_ctrlrange + 2 * i;
    const auto low = static_cast<float>(range[0]), high = static_cast<float>(range[1]);
    const char* name = mj_id2name(model_.get(), mjOBJ_ACTUATOR, i);
    const std::string actuator = name == nullptr ? fmt::format("{}", i) : fmt::format("{} (\"{}\")", i, name);
    require(
        std::isfinite(low) && std::isfinite(high) && std::isfinite(high - low),
        fmt::format("its actuator {} has the ctrlrange {} to {}: expected finite bounds and a finite width, in float32",
                    actuator, range[0], range[1]));
    require(low < high, fmt::format("its actuator {} has no ctrlrange", actuator));
    sizes_.ctrl_low.push_back(low);
    sizes_.ctrl_high.push_back(high);
  }
}

void MujocoModel::Delete::operator()(mjModel* model) const { mj_deleteModel(model); }

double MujocoModel::timestep() const { return model_->opt.timestep; }

int MujocoModel::num_sites() const { return model_->nsite; }

std::span<const double> MujocoModel::body_mass() const {
  return {model_->body_mass, static_cast<std::size_t>(model_->nbody)};
}

int MujocoModel::body(const std::variant<int, std::string>& which) const {
  if (const int* number = std::get_if<int>(&which)) {
    require(*number < model_->nbody, fmt::format("it has no body {}", *number));
    return *number;
  }
  const std::string& name = std::get<std::string>(which);
  const int body = mj_name2id(model_.get(), mjOBJ_BODY, name.c_str());
  require(body >= 0, fmt::format("it has no body \"{}\"", name));
  return body;
}

void MujocoModel::require_same(const std::string& sha256) const {
  require(sha256 == sizes_.sha256,
          "not the model that this run was trained in: it, or a file that it includes, has changed; put it back as it "
          "was, or start a new run");
}

void MujocoModel::require(bool ok, std::string_view what) const {
  if (!ok) refuse(xml_file_, what);
}

}  // namespace slm
