#pragma once

#include <functional>
#include <memory>
#include <string>

#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/train.h"
#include "slm_lab/spec/load.h"

namespace slm {

struct SearchOptions {
  TrainOptions run;
  int keep = 3;        ///< as many trials keep their models; negative: all
  std::string from;    ///< a search whose trials the sampler is given: its run folder or `latest`; empty: none
  std::string refine;  ///< a search around whose winners the space is narrowed; in the same way
  std::function<std::unique_ptr<Executor>()> make_executor = nullptr;  ///< where trials run; or else on this machine
  std::string executor_option = {};  ///< of the command line, for the one that goes on
};

/// Searches the space of a spec in a new run folder: meta.max_trial specs drawn from it, as many at once as there are
/// cores, the worse ones stopped early by meta.search_scheduler. Returns the exit code; throws Error before anything is
/// created when the search cannot run here.
int search(const LoadedSpec& spec, const SearchOptions& options);

/// Continues a search: `where` is `latest` (the newest of this spec name) or its run folder. The folder's own spec is
/// used. One trial at a time, it comes to the results of a search that was never interrupted. With a larger
/// meta.max_trial in `spec` more trials follow.
int continue_search(const LoadedSpec& spec, const std::string& where, const SearchOptions& options);

}  // namespace slm
