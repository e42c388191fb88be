#include "slm_lab/store/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/store/segments.h"

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

constexpr std::size_t kLargeArray = 1 << 20;  // bytes; smaller ones change at every step anyway

/// The manifest of a generation; Error(corrupt) when it is not one.
nlohmann::json read_manifest(const fs::path& generation) {
  const fs::path file = generation / "manifest.json";
  auto manifest = nlohmann::json::parse(fs::exists(file) ? read_file(file) : "", nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("sha256") || !manifest.contains("large"))
    throw Error(ExitCode::corrupt, fmt::format("{}: damaged", file.string()));
  return manifest;
}

Archive read_generation(const fs::path& generation, const SegmentStore& segments) {
  const nlohmann::json manifest = read_manifest(generation);
  const fs::path file = generation / "state.safetensors";
  if (!fs::exists(file) || manifest["sha256"] != sha256_file(file))
    throw Error(ExitCode::corrupt, fmt::format("{}: damaged", file.string()));
  Archive state = Archive::read(file);
  for (const auto& [name, array] : manifest["large"].items())
    state.attach(name,
                 {array["dtype"], array["shape"], segments.get(array["segments"].get<std::vector<std::string>>())});
  return state;
}

/// Removes the segments of no generation; none while one's manifest is damaged, as it may still be mended by hand.
void remove_unused(SegmentStore& segments, const fs::path& folder) {
  std::set<std::string> used;
  try {
    for (const int number : generations(folder)) {
      const nlohmann::json manifest = read_manifest(generation_path(folder, number));
      for (const auto& array : manifest["large"])
        for (const auto& name : array["segments"]) used.insert(name.get<std::string>());
    }
  } catch (const Error&) {
    return;
  }
  segments.keep_only(used);
}

}  // namespace

void CheckpointStore::save(Archive state) {
  SegmentStore segments(folder_ / "segments");
  nlohmann::json large = nlohmann::json::object();
  for (const auto& [name, array] : state.detach(kLargeArray))
    large[name] = {{"dtype", array.dtype}, {"shape", array.shape}, {"segments", segments.put(array.bytes)}};

  const std::vector<int> existing = generations(folder_);
  const int number = existing.empty() ? 1 : existing.back() + 1;
  fs::create_directories(folder_);
  write_directory_durably(generation_path(folder_, number), [&](const fs::path& partial) {
    const fs::path file = partial / "state.safetensors";
    state.write(file);
    const nlohmann::json manifest = {{"sha256", sha256_file(file)}, {"large", large}};
    write_file_durably(partial / "manifest.json", manifest.dump(2) + "\n");
  });
  for (std::size_t i = 0; i + kGenerations <= existing.size(); ++i)
    fs::remove_all(generation_path(folder_, existing[i]));
  if (!large.empty()) remove_unused(segments, folder_);
}

std::optional<Archive> CheckpointStore::load(const std::function<void(const std::string&)>& warn) const {
  const SegmentStore segments(folder_ / "segments");
  const std::vector<int> existing = generations(folder_);
  for (auto number = existing.rbegin(); number != existing.rend(); ++number) {
    try {
      return read_generation(generation_path(folder_, *number), segments);
    } catch (const Error& error) {
      warn(fmt::format("{}: this checkpoint is not used; trying the one before", error.what()));
    }
  }
  if (!existing.empty())
    throw Error(ExitCode::corrupt,
                fmt::format("{}: every checkpoint is damaged; remove this folder to train the session "
                            "again from its start",
                            folder_.string()));
  return std::nullopt;
}

}  // namespace slm
