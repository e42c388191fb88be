#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/search/search_point.h"

namespace slm {

enum class TrialState { running, complete, failed };  ///< a trial that was stopped early is complete

struct PastTrial {
  SearchPoint parameters;
  TrialState state = TrialState::running;
  double value = 0;  ///< to be maximised; the last one reported; NaN where there is none
};

/// Draws the parameters of trials. Pure: the same (trial, attempt, past) gives the same, in any process and in any
/// order of calls.
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// The parameters of trial number `trial`; nothing when the space has no others to try (a grid that is used up).
  /// `past`: the trials made so far. `attempt` counts the draws for this trial that were refused as illegal.
  virtual std::optional<SearchPoint> sample(int trial, int attempt, std::span<const PastTrial> past) const = 0;
  virtual bool reads_past() const { return true; }  ///< `past` may be left out where it does not
};

/// `name` is one of kSearchSamplers (spec/meta.h); `space` as read_search_space gave it, inert dimensions included. A
/// space that the sampler cannot draw from (a grid over real numbers) is a SpecError.
std::unique_ptr<Sampler> make_sampler(const std::string& name, const std::vector<SearchDimension>& space,
                                      std::uint64_t seed);

}  // namespace slm
