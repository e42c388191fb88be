#include "slm_lab/store/manifest.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <Eigen/Core>
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/report/json_file.h"
#include "slm_lab/report/phase_json.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

std::string host_kernel() {
  utsname name{};
  uname(&name);
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

std::string host_name() {
  utsname name{};
  uname(&name);
  return name.nodename;
}

}  // namespace

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

int cpu_cores() { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

std::string local_time() { return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr))); }

void Manifest::keep(std::span<const SessionProfile> profiles) {
  for (const SessionProfile& session : profiles) profile[session.session] = session;
}

double Manifest::wall_seconds() const {
  double seconds = 0;
  for (const RunStart& start : starts) seconds += start.wall_seconds;
  return seconds;
}

std::string Manifest::version() const { return starts.empty() ? "" : starts.back().version; }

namespace {

constexpr int kManifestFormat = 2;
constexpr const char* kManifestChecksum = "sha256";  // of the text without this key

std::int64_t peak_memory_bytes() {
  rusage self{}, children{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  return 1024 * std::max<std::int64_t>(self.ru_maxrss, children.ru_maxrss);
}

RunStart start_now(const std::string& kernel, const std::vector<std::string>& command_line) {
  RunStart start;
  start.started = local_time();
  start.version = slm::version();
  start.revision = revision();
  start.compiler = compiler();
  start.build_type = build_type();
  start.kernel = kernel;
  start.libraries = {{"eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
                     {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                                   NLOHMANN_JSON_VERSION_PATCH)},
                     {"fmt", fmt::format("{}", FMT_VERSION)}};
  start.cpu = cpu_name();
  start.cores = cpu_cores();
  start.system = host_kernel();
  start.host = host_name();
  start.command_line = command_line;
  return start;
}

Json to_json(const RunStart& start) {
  Json json;
  json["started"] = start.started;
  json["version"] = start.version;
  json["git_revision"] = start.revision;
  json["compiler"] = start.compiler;
  json["build_type"] = start.build_type;
  json["kernel"] = start.kernel;
  json["libraries"] = start.libraries;
  json["host"] = start.host;
  json["cpu"] = start.cpu;
  json["cores"] = start.cores;
  json["system"] = start.system;
  json["command_line"] = start.command_line;
  json["wall_seconds"] = start.wall_seconds;
  json["peak_memory_bytes"] = start.peak_memory_bytes;
  json["exit_code"] = start.exit_code;
  return json;
}

RunStart read_start(const Json& json) {
  RunStart start;
  start.started = json.at("started");
  start.version = json.at("version");
  start.revision = json.at("git_revision");
  start.compiler = json.at("compiler");
  start.build_type = json.at("build_type");
  start.kernel = json.at("kernel");
  start.libraries = json.at("libraries");
  start.host = json.at("host");
  start.cpu = json.at("cpu");
  start.cores = json.at("cores");
  start.system = json.at("system");
  start.command_line = json.at("command_line");
  start.wall_seconds = json.at("wall_seconds");
  start.peak_memory_bytes = json.at("peak_memory_bytes");
  start.exit_code = json.at("exit_code");
  return start;
}

Json to_json(const Manifest& manifest) {
  Json json;
  json["format"] = kManifestFormat;
  json["spec_name"] = manifest.spec_name;
  json["spec_hash"] = manifest.spec_hash;
  if (!manifest.next_spec_hash.empty()) json["next_spec_hash"] = manifest.next_spec_hash;
  json["seed"] = manifest.seed;
  json["number"] = manifest.number;
  json["started"] = manifest.starts.front().started;
  json["wall_seconds"] = manifest.wall_seconds();
  json["exit_code"] = manifest.starts.back().exit_code;
  json["starts"] = Json::array();
  for (const RunStart& start : manifest.starts) json["starts"].push_back(to_json(start));
  json["profile"] = Json::array();
  for (const auto& [session, profile] : manifest.profile)
    json["profile"].push_back(
        {{"session", session}, {"frames", profile.frames}, {"seconds", phase_json(profile.seconds)}});
  json["files"] = Json::array();
  for (const RunFile& file : manifest.files)
    json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  return json;
}

/// The files of the run in the order of their names, but for pictures, the manifest itself, the lock, and what a
/// process that was killed had not finished: when the run is continued it goes.
std::vector<RunFile> list_files(const DataFolder& folder) {
  std::vector<RunFile> files;
  for (const fs::path& file : regular_files(folder.root())) {
    const std::string path = file.lexically_relative(folder.root()).generic_string();
    if (path == "manifest.json" || path == "run.lock" || is_unfinished(path)) continue;
    if (path.ends_with(".png") || path.ends_with(".svg")) continue;  // drawn from the tables, perhaps still being drawn
    const HashedFile hashed = hash_file(file);
    files.push_back({path, hashed.bytes, hashed.sha256});
  }
  std::sort(files.begin(), files.end(), [](const RunFile& a, const RunFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace

Manifest read_manifest(const DataFolder& folder) {
  const fs::path file = folder.manifest_file();
  if (!file_exists(file))
    throw Error(ExitCode::corrupt, fmt::format("{}: missing: what this run is cannot be verified", file.string()));
  Json json = parse_json_file(read_file(file), file.string());
  return read_json(file.string(), [&] {
    if (!json.contains("format") && json.contains("version"))  // as version 0.2.0 and older wrote it
      throw Error(ExitCode::usage, fmt::format("{}: of version {}, whose runs this program cannot go on with; it is {}",
                                               file.string(), json.value("version", ""), program_text()));
    const std::string checksum = json.at(kManifestChecksum).get<std::string>();
    json.erase(kManifestChecksum);
    if (checksum != sha256_hex(json_file_text(json)))
      throw Error(ExitCode::corrupt,
                  fmt::format("{}: damaged: its content is not that of its checksum", file.string()));
    Manifest manifest;
    manifest.spec_name = json.at("spec_name");
    manifest.spec_hash = json.at("spec_hash");
    manifest.next_spec_hash = json.value("next_spec_hash", "");
    manifest.seed = json.at("seed");
    manifest.number = json.at("number");
    for (const Json& start : json.at("starts")) manifest.starts.push_back(read_start(start));
    for (const Json& entry : json.value("profile", Json::array())) {  // a version before wrote none
      const int session = entry.at("session");
      manifest.profile[session] = {session, entry.at("frames"), read_phases(entry.at("seconds"))};
    }
    for (const Json& entry : json.at("files"))
      manifest.files.push_back({entry.at("path"), entry.at("bytes"), entry.at("sha256")});
    if (manifest.starts.empty()) throw Error(ExitCode::corrupt, fmt::format("{}: damaged: no start", file.string()));
    return manifest;
  });
}

void write_manifest(const DataFolder& folder, const Manifest& manifest) {
  Json json = to_json(manifest);
  json[kManifestChecksum] = sha256_hex(json_file_text(json));
  write_file_durably(folder.manifest_file(), json_file_text(json));
}

std::uint64_t run_number(const DataFolder& folder) {
  try {
    return read_manifest(folder).number;
  } catch (const Error& error) {  // a damaged run is not the others' trouble
    if (error.code() == ExitCode::io) throw;
    return 0;
  }
}

Manifest start_manifest(const DataFolder& folder, const fs::path& data, const std::string& spec_hash,
                        std::uint64_t seed, const std::string& kernel, const std::vector<std::string>& command_line) {
  Manifest manifest;
  manifest.spec_name = folder.spec_name();
  manifest.spec_hash = spec_hash;
  manifest.seed = seed;
  manifest.number = DataFolder::next_number(data, folder.spec_name());
  manifest.starts.push_back(start_now(kernel, command_line));
  write_manifest(folder, manifest);
  return manifest;
}

Manifest continue_manifest(const DataFolder& folder, const std::string& kernel,
                           const std::vector<std::string>& command_line) {
  Manifest manifest = read_manifest(folder);
  manifest.starts.push_back(start_now(kernel, command_line));
  write_manifest(folder, manifest);
  return manifest;
}

void update_manifest(const DataFolder& folder, Manifest& manifest, double seconds) {
  manifest.starts.back().wall_seconds = seconds;
  manifest.starts.back().peak_memory_bytes = peak_memory_bytes();
  write_manifest(folder, manifest);
}

void ManifestClock::keep() {
  const auto now = Clock::now();
  if (now - kept_ < std::chrono::seconds(1)) return;
  update_manifest(folder_, manifest_, seconds());
  kept_ = now;
}

void close_manifest(const DataFolder& folder, Manifest& manifest, double seconds, int exit_code) {
  manifest.starts.back().exit_code = exit_code;
  if (exit_code == 0) manifest.files = list_files(folder);
  update_manifest(folder, manifest, seconds);
}

void verify_files(const DataFolder& folder, const Manifest& manifest) {
  for (const RunFile& file : manifest.files) {
    const fs::path path = folder.root() / file.path;
    const bool same = file_exists(path) && fs::is_regular_file(fs::symlink_status(path)) &&
                      fs::file_size(path) == file.bytes && sha256_file(path) == file.sha256;
    if (!same)
      throw Error(ExitCode::corrupt, fmt::format("{}: {} since the run was finished (manifest.json has its checksum)",
                                                 path.string(), file_exists(path) ? "changed" : "gone"));
  }
}

}  // namespace slm
