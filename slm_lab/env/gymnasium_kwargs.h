#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slm_lab/base/space.h"

namespace slm {

/// What Python says of an environment of Gymnasium.
struct GymnasiumFacts {
  std::string python;          ///< the program that knows it
  Space obs, action;           ///< as agents see them: pixels (channels, height, width), other arrays in one row
  bool channels_last = false;  ///< Python's pixels are (height, width, channels)
  bool obs_is_float64 = false;
  int max_episode_steps = 0;  ///< Gymnasium's own limit; 0: none
};

/// Steps of an episode that is evaluated in an environment without a limit, where a policy may go on for ever.
inline constexpr int kLongestUnlimitedEpisode = 10'000;

/// Which environment, and how it is run; found out when a spec is read, since nobody else knows its spaces.
struct GymnasiumKwargs {
  std::string id;                       ///< as gymnasium.make() takes it
  std::string module;                   ///< imported before; empty: none
  std::vector<std::string> wrappers;    ///< "module:Class", the first innermost
  std::string kwargs = "{}";            ///< JSON
  std::optional<int> processes;         ///< nothing: as many as the session has threads
  double timeout = 120;                 ///< seconds
  bool drawn = false;                   ///< made such that it gives pictures, if it can
  std::optional<GymnasiumFacts> facts;  ///< nothing: it could not be asked, and the spec is refused
};

}  // namespace slm
