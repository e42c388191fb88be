#include "slm_lab/search/scheduler.h"

#include "slm_lab/search/asha.h"
#include "slm_lab/search/median_stopping.h"

namespace slm {

std::unique_ptr<Scheduler> make_scheduler(const SearchScheduler& spec, std::int64_t max_frame, std::uint64_t seed) {
  if (spec.name == "median") return std::make_unique<MedianStopping>(spec, max_frame);
  return std::make_unique<Asha>(spec, max_frame, seed);
}

}  // namespace slm
