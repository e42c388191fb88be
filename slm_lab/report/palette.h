#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace slm {

struct Color {
  double red, green, blue;  ///< 0 to 1
};

consteval Color rgb(unsigned hex) { return {(hex >> 16) / 255.0, (hex >> 8 & 0xff) / 255.0, (hex & 0xff) / 255.0}; }

/// Ten colours that stay apart on white, also for most colour-blind readers; the eleventh series starts again.
inline constexpr std::array kPalette = {rgb(0x2563eb), rgb(0xe8590c), rgb(0x0d9488), rgb(0xc026d3), rgb(0xca8a04),
                                        rgb(0xdc2626), rgb(0x0891b2), rgb(0x7c3aed), rgb(0x65a30d), rgb(0x64748b)};

constexpr Color series_color(std::size_t index) { return kPalette[index % kPalette.size()]; }

/// An algorithm has the same colour in every picture; one that is not in the table has the first of the palette.
constexpr Color algorithm_color(std::string_view algorithm) {
  struct Row {
    std::string_view algorithm;
    Color color;
  };
  constexpr std::array rows = {
      Row{"PPO", kPalette[0]},          Row{"ActorCritic", kPalette[1]},
      Row{"A2C", kPalette[1]},          Row{"SoftActorCritic", kPalette[2]},
      Row{"SAC", kPalette[2]},          Row{"DQN", kPalette[3]},
      Row{"VanillaDQN", rgb(0x86198f)}, Row{"DoubleDQN", kPalette[7]},
      Row{"DDQN+PER", rgb(0x4c1d95)},   Row{"Reinforce", kPalette[4]},
      Row{"REINFORCE", kPalette[4]},    Row{"SARSA", kPalette[8]},
      Row{"PPOSIL", kPalette[6]},       Row{"SIL", kPalette[5]},
      Row{"Random", kPalette[9]},       Row{"CrossQ", rgb(0xbe185d)},
  };
  for (const Row& row : rows)
    if (row.algorithm == algorithm) return row.color;
  return kPalette[0];
}

}  // namespace slm
