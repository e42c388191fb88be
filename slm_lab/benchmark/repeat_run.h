#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/experiment/train.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/store/manifest.h"

namespace slm {

/// A result that can be come to again: what ran, and the SHA-256 of the final weights of its sessions.
struct Repeatable {
  std::string name;
  LoadedSpec spec;
  std::map<int, std::string> weights_sha256;  ///< by session
  std::vector<RunStart> starts;               ///< which programs made it, and where; what is not known is empty
};

/// Of a finished run (as find_run() takes it) or of a row of the benchmark, by its id (cartpole/ppo) and its committed
/// result. Throws SpecError: not finished, a search, a row whose spec file has changed since.
Repeatable repeatable(const std::string& what, const std::filesystem::path& data,
                      const std::filesystem::path& repository);

/// Trains it again in a folder of its own, `repro` in the data folder, and prints, session by session, whether the
/// weights are the same. `sessions`: only the first so many. Returns 0 when all are; when they are not, 1 where program
/// and processor are those of the first time, as far as is known, as that is a defect, and 3 where they are others,
/// which lack what it takes.
int repeat_run(const Repeatable& earlier, std::optional<int> sessions, TrainOptions options);

}  // namespace slm
