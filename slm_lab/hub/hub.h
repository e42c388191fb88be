#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace slm {

/// A repository of a Hugging Face hub, and what speaks to the hub for us (hub_client.py; its text has the protocol).
struct HubPlace {
  std::filesystem::path python;  ///< in whose environment huggingface_hub is (./slm-lab setup hub)
  std::filesystem::path client;  ///< hub_client.py
  std::string repo;              ///< USER/NAME
  bool is_model = false;         ///< else a data set
};

/// Throws SpecError for a `repo` that is no USER/NAME.
void check_hub_repository(const std::string& repo);

/// The one that belongs to this installation: beside the program, or in the clone `root`. Throws Error(missing) where
/// there is none, and SpecError for a `repo` that is no USER/NAME.
HubPlace find_hub(const std::filesystem::path& root, const std::string& repo, bool is_model);

/// `request`: a JSON object, to which the repository is added. Hands on each event but refusals, which it throws with
/// their code, until "done", which it returns. Throws Error(remote) when it ends early.
std::string ask_hub(const HubPlace& hub, const std::string& request,
                    const std::function<void(const std::string& event, const std::string& json)>& take);

}  // namespace slm
