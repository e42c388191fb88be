#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/report/drawing.h"

namespace slm {

struct SearchedParameter {
  std::string path;                       ///< agent.algorithm.gamma
  bool logarithmic = false;               ///< how it was drawn, and so how it is shown
  std::vector<std::string> choices = {};  ///< of a choice: how they are written; empty: a number
  double importance = 0;                  ///< its share of what all explain
};

struct SearchedTrial {
  enum class End { running, finished, stopped, failed };
  int number = 0;
  std::vector<double> parameters;  ///< (parameters); of a choice the index
  double total_reward_ma = std::numeric_limits<double>::quiet_NaN();
  double strength = std::numeric_limits<double>::quiet_NaN();
  End end = End::finished;
  std::vector<double> frames = {}, returns = {};  ///< the learning curve
};

/// What the pictures of a search say about it.
struct SearchSubject {
  std::string name;  ///< of the spec
  std::string algorithm, env;
  std::vector<SearchedParameter> parameters;
  std::vector<SearchedTrial> trials;  ///< in the order of their numbers
};

struct SearchGraph {
  std::string_view of;
  Drawing drawing;
};

/// All pictures of a search; none before a trial has a return.
///   (nothing)             the return against each parameter, by strength (SLM-Lab's)
///   slices                the same by when the trials ran: where the search went
///   parallel_coordinates  a line per trial through all its parameters to its return
///   importance            how much of the returns each parameter explains
///   learning_curves       all trials over frames; a cross where one was stopped
std::vector<SearchGraph> search_graphs(const SearchSubject& search);

}  // namespace slm
