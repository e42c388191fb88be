#include "slm_lab/env/part_spaces.h"

#include <numbers>

namespace slm {
Spaces lunar_lander_spaces(const EnvKwargs& kwargs) {
  constexpr auto two_pi = static_cast<float>(2 * std::numbers::pi);
  Space obs = Space::box({-2.5f, -2.5f, -10, -10, -two_pi, -10, 0, 0}, {2.5f, 2.5f, 10, 10, two_pi, 10, 1, 1});
  const bool continuous = std::get<LunarLanderKwargs>(kwargs).continuous;
  return {std::move(obs), continuous ? Space::box({-1, -1}, {1, 1}) : Space::discrete(4)};
}

Spaces bipedal_walker_spaces(const EnvKwargs&) {
  constexpr auto pi = static_cast<float>(std::numbers::pi);
  std::vector<float> high{pi, 5, 5, 5, pi, 5, pi, 5, 5, pi, 5, pi, 5, 5};
  std::vector<float> low;
  for (const float bound : high) low.push_back(-bound);
  low[8] = low[13] = 0;  // ground contact is 0 or 1
  for (int ray = 0; ray < 10; ++ray) {
    low.push_back(-1);
    high.push_back(1);
  }
  return {Space::box(std::move(low), std::move(high)), Space::box({-1, -1, -1, -1}, {1, 1, 1, 1})};
}

Spaces atari_spaces(const EnvKwargs& kwargs) {
  constexpr int side = 84;
  constexpr int every_action = 18;
  const auto& own = std::get<AtariKwargs>(kwargs);
  const bool all = own.full_action_space || own.game == nullptr;
  return {.obs = Space::bytes({own.stack_num, side, side}),
          .action = Space::discrete(all ? every_action : own.game->num_actions()),
          .num_frames = own.stack_num};
}

}  // namespace slm
