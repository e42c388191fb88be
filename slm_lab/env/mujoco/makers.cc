#include "slm_lab/env/mujoco/makers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "slm_lab/base/error.h"
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
#include "slm_lab/env/native_env.h"

namespace slm {
namespace {

struct Row {
  std::string_view name;
  EnvMakers makers;
  void (*try_model)(const EnvKwargs&);  ///< does nothing with kwargs of another environment
};

template <class Env>
constexpr Row row(std::string_view name) {
  return {name, makers_of<Env>(), [](const EnvKwargs& kwargs) {
            if (const auto* own = std::get_if<typename Env::Kwargs>(&kwargs)) Env::make_model(*own);
          }};
}

constexpr std::array kRows = {
    row<Hopper>("Hopper-v5"),
    row<HalfCheetah>("HalfCheetah-v5"),
    row<Walker2d>("Walker2d-v5"),
    row<Ant>("Ant-v5"),
    row<Swimmer>("Swimmer-v5"),
    row<Reacher>("Reacher-v5"),
    row<Pusher>("Pusher-v5"),
    row<InvertedPendulum>("InvertedPendulum-v5"),
    row<InvertedDoublePendulum>("InvertedDoublePendulum-v5"),
    row<Humanoid>("Humanoid-v5"),
    row<HumanoidStandup>("HumanoidStandup-v5"),
};

}  // namespace

EnvMakers mujoco_makers(std::string_view name) {
  const auto found = std::ranges::find(kRows, name, &Row::name);
  return found == kRows.end() ? EnvMakers{} : found->makers;
}

MujocoSizes mujoco_sizes(const std::string& xml_file) { return MujocoModel(xml_file).sizes(); }

std::string mujoco_problem(const EnvKwargs& kwargs) {
  try {
    for (const Row& row : kRows) row.try_model(kwargs);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace slm
