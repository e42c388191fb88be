#pragma once

#include <filesystem>
#include <string>

#include "slm_lab/spec/load.h"

namespace slm {

struct RemoteOptions {
  std::string mode = "train";  ///< dev, train or search
  std::string name;            ///< of the run at dstack; empty: made of the spec's
  std::string repo;            ///< USER/NAME of a data set, where the results go
  bool is_private = false;     ///< the repository, where it is made
  bool gpu = false;
  bool dry_run = false;  ///< prints the task and starts nothing
  bool yes = false;      ///< does not ask before it costs
  std::string max_duration = "6h";
  std::filesystem::path root;  ///< of the clone, whose sources are sent
  std::filesystem::path data = "data";
};

/// A name that dstack's server takes (^[a-z][a-z0-9-]{1,40}$): the text in lower case with dashes for all else; where
/// that loses something but case and underscores, or is too long, with eight digits of its hash.
std::string dstack_name(const std::string& text);

/// The task of dstack, YAML. What a user wrote is not in it but for numbers: name, spec and words travel in job.json,
/// which no shell reads. `cores` and `gigabytes` are what the sessions need.
std::string dstack_task(const std::string& name, const RemoteOptions& options, int cores, int gigabytes);

/// Rents a machine through dstack to run the spec: prints the task (dry run), or hands it to `dstack apply`, whose exit
/// code it returns. Throws SpecError for a spec or an option that is wrong, Error(missing) without dstack or sources.
int run_remote(const LoadedSpec& spec, const RemoteOptions& options);

}  // namespace slm
