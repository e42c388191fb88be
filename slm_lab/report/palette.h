#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace slm {

struct Color {
  double red, green, blue;  ///< 0 to 1
  bool operator==(const Color&) const = default;
};

consteval Color rgb(unsigned hex) { return {(hex >> 16) / 255.0, (hex >> 8 & 0xff) / 255.0, (hex & 0xff) / 255.0}; }

/// Ten colours that stay apart on white, also for most colour-blind readers.
inline constexpr std::array kPalette = {rgb(0x2563eb), rgb(0xe8590c), rgb(0x0d9488), rgb(0xc026d3), rgb(0xca8a04),
                                        rgb(0xdc2626), rgb(0x0891b2), rgb(0x7c3aed), rgb(0x65a30d), rgb(0x64748b)};
inline constexpr Color kEvaluationColor = rgb(0x111827);

/// From low (pale) to high (dark), `share` in [0, 1].
constexpr Color ramp(double share) {
  constexpr std::array stops = {rgb(0xfcd34d), rgb(0xf08c3a), rgb(0xc2415d), rgb(0x7a2a83), rgb(0x2b1a5e)};
  const double at = (share < 0 ? 0 : share > 1 ? 1 : share) * (stops.size() - 1);
  const std::size_t below = at >= stops.size() - 1 ? stops.size() - 2 : static_cast<std::size_t>(at);
  const double part = at - static_cast<double>(below);
  const Color &a = stops[below], &b = stops[below + 1];
  return {a.red + part * (b.red - a.red), a.green + part * (b.green - a.green), a.blue + part * (b.blue - a.blue)};
}

struct AlgorithmColor {
  std::string_view algorithm;
  Color color;
};

/// By the names of specs and, where people say something else, by that as well.
inline constexpr std::array kAlgorithmColors = {
    AlgorithmColor{"PPO", kPalette[0]},       AlgorithmColor{"ActorCritic", kPalette[1]},
    AlgorithmColor{"A2C", kPalette[1]},       AlgorithmColor{"SoftActorCritic", kPalette[2]},
    AlgorithmColor{"SAC", kPalette[2]},       AlgorithmColor{"DQN", kPalette[3]},
    AlgorithmColor{"DQNBase", rgb(0xf472b6)}, AlgorithmColor{"VanillaDQN", rgb(0x831843)},
    AlgorithmColor{"DoubleDQN", kPalette[7]}, AlgorithmColor{"DDQN+PER", kPalette[7]},
    AlgorithmColor{"Reinforce", kPalette[4]}, AlgorithmColor{"REINFORCE", kPalette[4]},
    AlgorithmColor{"SARSA", kPalette[8]},     AlgorithmColor{"PPOSIL", kPalette[6]},
    AlgorithmColor{"SIL", kPalette[5]},       AlgorithmColor{"Random", kPalette[9]},
    AlgorithmColor{"TD3", rgb(0x92400e)},     AlgorithmColor{"CrossQ", rgb(0x3f6212)},
    AlgorithmColor{"C51", rgb(0xbe185d)},     AlgorithmColor{"Rainbow", rgb(0x4338ca)},
};

/// Null where the algorithm has no row. What follows " (" does not count: DQN (Boltzmann) is a DQN.
constexpr const AlgorithmColor* find_algorithm_color(std::string_view algorithm) {
  algorithm = algorithm.substr(0, algorithm.find(" ("));
  for (const AlgorithmColor& row : kAlgorithmColors)
    if (row.algorithm == algorithm) return &row;
  return nullptr;
}

/// An algorithm has the same colour in every picture; one that is not in the table is black.
constexpr Color algorithm_color(std::string_view algorithm) {
  const AlgorithmColor* row = find_algorithm_color(algorithm);
  return row == nullptr ? rgb(0x000000) : row->color;
}

}  // namespace slm
