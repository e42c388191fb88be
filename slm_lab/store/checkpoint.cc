#include "slm_lab/store/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/report/json_file.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

// Of folders, manifests and of what a session's state holds: raise it whenever a state can no longer be read as before.
constexpr int kCheckpointFormat = 4;
constexpr int kOldestFormat = 2;        // that can still be read, but for replays of stacks (Replay)
constexpr std::size_t kMaxDigits = 15;  // of a generation; a longer name is none of ours

constexpr const char* kState = "state.safetensors";
constexpr const char* kGenerationManifest = "manifest.json";
constexpr const char* kSums = "SHA256SUMS";

// In the archive of a finished trial, beside the three files of a generation:
constexpr const char* kNumber = "generation";
constexpr const char* kSegments = "segments/";

[[noreturn]] void damaged(const fs::path& path, std::string_view why) {
  throw Error(ExitCode::corrupt, fmt::format("{}: damaged: {}", path.string(), why));
}

std::string sums_of(const fs::path& generation) {
  std::string text;
  for (const char* name : {kGenerationManifest, kState})
    text += fmt::format("{}  {}\n", sha256_file(generation / name), name);
  return text;
}

std::string manifest_text(const SegmentTable& large, std::uint64_t state_bytes, const std::string& program) {
  Json json;
  json["format"] = kCheckpointFormat;
  json["program"] = program;
  json["state_bytes"] = state_bytes;
  json["large"] = Json::object();
  for (const auto& [name, array] : large) {
    auto segments = Json::array();
    for (const Segment& segment : array.segments) segments.push_back({segment.file, segment.bytes, segment.xxh3});
    json["large"][name] = {{"dtype", array.dtype}, {"bytes", array.bytes}, {"segments", std::move(segments)}};
  }
  return json_file_text(json);
}

bool is_record(std::string_view array) {
  const std::string_view owner = array.substr(0, array.find('.'));
  return owner == kTrainRecord || owner == kEvalRecord;
}

/// Other arrays than records are replays.
bool has_replay(const SegmentTable& large) {
  return std::ranges::any_of(large, [](const auto& entry) { return !is_record(entry.first); });
}

SegmentTable read_large(const Json& json) {
  SegmentTable large;
  for (const auto& [name, entry] : json.items()) {
    SegmentedArray& array = large[name];
    array.dtype = entry.at("dtype").get<std::string>();
    array.bytes = entry.at("bytes").get<std::uint64_t>();
    for (const auto& segment : entry.at("segments"))
      array.segments.push_back(
          {segment.at(0).get<std::string>(), segment.at(1).get<std::uint64_t>(), segment.at(2).get<std::string>()});
  }
  return large;
}

[[noreturn]] void refuse_format(const fs::path& generation, int format, const std::string& program) {
  throw Error(
      ExitCode::usage,
      fmt::format("{}: a checkpoint of format {}{}; this program reads format {}: go on with the program that "
                  "wrote it, or start a new run",
                  generation.string(), format, program.empty() ? "" : ", written by " + program, kCheckpointFormat));
}

}  // namespace

CheckpointStore::CheckpointStore(fs::path folder, std::string program)
    : folder_(std::move(folder)), program_(std::move(program)), segments_(folder_ / "segments") {}

fs::path CheckpointStore::path_of(std::uint64_t number) const { return folder_ / fmt::format("{:06}", number); }

/// Numbers of the generations, ascending.
std::vector<std::uint64_t> CheckpointStore::generations() const {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names_in(folder_)) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size() && name.size() <= kMaxDigits &&
        path_of(number).filename() == name)
      numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

CheckpointStore::Generation CheckpointStore::read_manifest(std::uint64_t number, std::string& program) const {
  const fs::path generation = path_of(number), file = generation / kGenerationManifest;
  for (const char* name : {kGenerationManifest, kState})
    if (!file_exists(generation / name)) damaged(generation / name, "missing");
  const auto json = parse_json_file(read_file(file), file.string());
  if (!file_exists(generation / kSums)) {
    if (!json.contains("format")) refuse_format(generation, 1, "version 0.2.0 or older");
    damaged(generation / kSums, "missing");
  }
  return read_json(file.string(), [&] {
    // The size first: whatever else the file may have become, it is not read whole.
    const bool right_size = fs::file_size(generation / kState) == json.at("state_bytes").get<std::uint64_t>();
    if (!right_size || read_file(generation / kSums) != sums_of(generation))
      damaged(generation, fmt::format("its files are not those of its {}", kSums));
    program = json.at("program").get<std::string>();
    const int format = json.at("format").get<int>();
    if (format < kOldestFormat || format > kCheckpointFormat) refuse_format(generation, format, program);
    return Generation{number, read_large(json.at("large"))};
  });
}

void CheckpointStore::save(const std::function<void(Archive&)>& serialize) {
  make_directories(folder_);
  const std::vector<std::uint64_t> existing = generations();
  Generation generation{existing.empty() ? 1 : existing.back() + 1, {}};
  segments_.begin(generation.number);
  Archive state(&segments_);
  serialize(state);
  generation.large = segments_.commit();
  write_directory_durably(path_of(generation.number), [&](const fs::path& partial) {
    state.write(partial / kState);
    write_file_durably(partial / kGenerationManifest,
                       manifest_text(generation.large, fs::file_size(partial / kState), program_));
    write_file_durably(partial / kSums, sums_of(partial));
  });
  if (good_ || existing.empty()) remove_older(generation);
  good_ = std::move(generation);
}

/// All but the newest and the one before that was good. What a process finds and cannot read is not its to remove.
void CheckpointStore::remove_older(const Generation& newest) const {
  for (const std::uint64_t number : generations())
    if (number != newest.number && !(good_ && number == good_->number)) fs::remove_all(path_of(number));
  std::set<std::string> used;
  const auto use = [&](const SegmentTable& table) {
    for (const auto& [name, array] : table)
      for (const Segment& segment : array.segments) used.insert(segment.file);
  };
  use(newest.large);
  if (good_) use(good_->large);
  segments_.keep_only(used);
}

std::optional<std::string> CheckpointStore::load(const std::function<void(Archive&)>& restore,
                                                 const std::function<void(const std::string&)>& warn) {
  const std::vector<std::uint64_t> existing = generations();
  for (auto number = existing.rbegin(); number != existing.rend(); ++number) {
    try {
      std::string program;
      Generation generation = read_manifest(*number, program);
      segments_.open(generation.large);
      Archive state = Archive::read(path_of(*number) / kState, &segments_);
      restore(state);
      good_ = std::move(generation);
      return program;
    } catch (const Error& error) {
      if (error.code() != ExitCode::corrupt) throw;
      warn(fmt::format("{}: this checkpoint is not used; trying the one before", error.what()));
    }
  }
  if (!existing.empty())
    throw Error(ExitCode::corrupt,
                fmt::format("{}: every checkpoint is damaged; nothing was changed. Move this folder away to train the "
                            "session again from its start",
                            folder_.string()));
  return std::nullopt;
}

bool CheckpointStore::usable() const {
  const std::vector<std::uint64_t> existing = generations();
  if (existing.empty()) return false;
  std::string program;
  return read_manifest(existing.back(), program).large.empty() || segments_.any();
}

bool CheckpointStore::pack(Archive& archive, const std::string& prefix) const {
  const std::vector<std::uint64_t> existing = generations();
  if (existing.empty()) return false;
  std::string program;
  Generation generation = read_manifest(existing.back(), program);
  if (has_replay(generation.large)) return false;
  archive(prefix + kNumber, generation.number);
  for (const char* name : {kState, kGenerationManifest, kSums}) {
    const std::string text = read_file(path_of(generation.number) / name);
    std::vector<std::uint8_t> bytes(text.begin(), text.end());
    archive(prefix + name, bytes);
  }
  for (const auto& [array, segmented] : generation.large)
    for (const Segment& segment : segmented.segments) {
      std::vector<std::uint8_t> bytes(segment.bytes);
      segments_.read(segment, std::as_writable_bytes(std::span(bytes)));
      archive(prefix + kSegments + segment.file, bytes);
    }
  return true;
}

void CheckpointStore::unpack(Archive& archive, const std::string& prefix) const {
  if (!archive.contains(prefix + kState)) return;
  make_directories(folder_);
  if (!generations().empty()) return;
  std::uint64_t number = 1;  // its segments are called by their generations, so that it keeps its number
  if (archive.contains(prefix + kNumber)) archive(prefix + kNumber, number);
  const std::string segments = prefix + kSegments;
  for (const auto& [name, array] : archive.arrays())
    if (name.starts_with(segments)) segments_.restore(name.substr(segments.size()), array.bytes);
  write_directory_durably(path_of(number), [&](const fs::path& partial) {
    for (const char* name : {kState, kGenerationManifest, kSums}) {
      std::vector<std::uint8_t> bytes;
      archive(prefix + name, bytes);
      write_file_durably(partial / name, std::string(bytes.begin(), bytes.end()));
    }
  });
}

}  // namespace slm
