#include "slm_lab/experiment/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr int kGenerations = 2;

/// Numbers of the complete generations in `folder`, ascending.
std::vector<int> generations(const fs::path& folder) {
  std::vector<int> numbers;
  std::error_code failure;  // no folder: no generations
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    const std::string name = entry.path().filename().string();
    if (!name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      numbers.push_back(std::stoi(name));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

fs::path generation_path(const fs::path& folder, int number) { return folder / fmt::format("{:06}", number); }

/// Throws Error(corrupt) unless the generation's state is what its manifest says.
Archive read_generation(const fs::path& folder) {
  const auto manifest = nlohmann::json::parse(read_file(folder / "manifest.json"), nullptr, /*allow_exceptions=*/false);
  const fs::path state = folder / "state.safetensors";
  if (!manifest.is_object() || manifest.value("sha256", "") != sha256_file(state))
    throw Error(ExitCode::corrupt, fmt::format("{}: the checkpoint is damaged", folder.string()));
  return Archive::read(state);
}

}  // namespace

void CheckpointStore::save(const Archive& state) {
  const std::vector<int> existing = generations(folder_);
  const int number = existing.empty() ? 1 : existing.back() + 1;
  write_directory_durably(generation_path(folder_, number), [&](const fs::path& partial) {
    state.write(partial / "state.safetensors");
    const nlohmann::json manifest = {{"file", "state.safetensors"},
                                     {"sha256", sha256_file(partial / "state.safetensors")}};
    write_file_durably(partial / "manifest.json", manifest.dump(2) + "\n");
  });
  for (std::size_t i = 0; i + kGenerations <= existing.size(); ++i)
    fs::remove_all(generation_path(folder_, existing[i]));
}

std::optional<Archive> CheckpointStore::load(const std::function<void(const std::string&)>& warn) const {
  std::vector<int> existing = generations(folder_);
  for (auto number = existing.rbegin(); number != existing.rend(); ++number) {
    try {
      return read_generation(generation_path(folder_, *number));
    } catch (const Error& error) {
      warn(fmt::format("{}; trying the one before", error.what()));
    }
  }
  if (!existing.empty())
    throw Error(ExitCode::corrupt, fmt::format("{}: every checkpoint is damaged; remove this folder to train the session "
                                               "again from its start",
                                               folder_.string()));
  return std::nullopt;
}

}  // namespace slm
