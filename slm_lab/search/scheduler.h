#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "slm_lab/spec/meta.h"

namespace slm {

struct Decision {
  bool goes_on = true;
  std::string reason = {};  ///< why it stops, for the user: "12.5 at frame 50000, of the best quarter 31.4"
};

/// A frame at which trials are compared, and how many have come so far.
struct Rung {
  std::int64_t frame = 0;
  int reached = 0, stopped = 0;
};

/// Says which trials go on. Pure: decisions follow from the reports, in the order in which they come.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// What becomes of the trial after it reported `value` (to be maximised; NaN counts for nothing) at `frame`.
  virtual Decision report(int trial, std::int64_t frame, double value) = 0;
  /// From which frame on the trial's next report may stop it.
  virtual std::int64_t next_comparison(int trial) const = 0;
  /// For display, the lowest first; empty where a scheduler has none.
  virtual std::vector<Rung> rungs() const = 0;
};

/// `max_frame`: of the spec; a trial that reaches it, or the scheduler's own max_t, has ended. `seed` chooses brackets.
std::unique_ptr<Scheduler> make_scheduler(const SearchScheduler& spec, std::int64_t max_frame, std::uint64_t seed);

}  // namespace slm
