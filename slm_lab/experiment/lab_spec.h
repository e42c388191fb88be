#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "slm_lab/algorithm/agent_config.h"
#include "slm_lab/env/config.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/spec/meta.h"
#include "slm_lab/spec/report.h"
#include "slm_lab/spec/search_space.h"

namespace slm {

class DataFolder;

/// One spec, read and checked: everything a run needs to know.
struct LabSpec {
  AgentConfig agent;
  EnvConfig env;
  MetaConfig meta;
  std::vector<SearchDimension> search;
  std::int64_t session_bytes = 0;  ///< an upper estimate of what one session takes of the machine's memory
};

/// Reads a whole spec and checks what concerns several parts of it; problems go to the reader's report. While
/// describing, records the format of everything a spec may hold.
LabSpec read_lab_spec(SpecReader& reader);

/// The same for a loaded file: throws SpecError with all problems at once. `report` keeps inert keys and notes.
LabSpec read_lab_spec(const LoadedSpec& loaded, SpecReport& report);

/// The spec that a run folder holds of one of its trials; `hash` as load_saved_spec takes it.
LabSpec read_saved_spec(const DataFolder& folder, int trial, const std::string& hash = "");

/// What keeps a checked spec from running here.
struct MissingFeature {
  std::string what;  ///< "env.name = ALE/Pong-v5"
  std::string why;   ///< "needs ..." and, where something installs it, what
};
/// `root` is the JSON of the spec.
std::vector<MissingFeature> missing_features(const LabSpec& spec, const JsonNode& root);

std::string missing_for_distributed(const std::string& distributed);  ///< empty: nothing

}  // namespace slm
