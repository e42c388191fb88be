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
#include <nlohmann/json.hpp>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::string line;
  std::ifstream stream(file);
  std::getline(stream, line);
  return line;
}

std::string host_kernel() {
  utsname name{};
  uname(&name);
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

}  // namespace

std::string git_revision() {
  const fs::path git = fs::path(source_dir()) / ".git";
  const std::string head = first_line(git / "HEAD");
  if (!head.starts_with("ref: ")) return head.empty() ? "unknown" : head;
  const std::string reference = head.substr(5);
  if (const std::string revision = first_line(git / reference); !revision.empty()) return revision;
  std::ifstream packed(git / "packed-refs");
  for (std::string line; std::getline(packed, line);)
    if (line.ends_with(" " + reference)) return line.substr(0, line.find(' '));
  return "unknown";
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

int cpu_cores() { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

std::string local_time() { return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr))); }

std::int64_t peak_memory_bytes() {
  rusage self{}, children{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  return 1024 * std::max<std::int64_t>(self.ru_maxrss, children.ru_maxrss);
}

Manifest open_manifest(const DataFolder& folder, const std::string& spec_hash, std::uint64_t seed,
                       const std::string& kernel, const std::vector<std::string>& command_line) {
  Manifest manifest = read_manifest(folder);
  if (manifest.started.empty()) manifest.started = local_time();
  manifest.version = version();
  manifest.spec_hash = spec_hash;
  manifest.seed = seed;
  manifest.kernel = kernel;
  manifest.command_line = command_line;
  write_manifest(folder, manifest);
  return manifest;
}

void close_manifest(const DataFolder& folder, Manifest& manifest, double seconds, int exit_code) {
  manifest.wall_seconds += seconds;
  manifest.peak_memory_bytes = std::max(manifest.peak_memory_bytes, peak_memory_bytes());
  manifest.exit_code = exit_code;
  write_manifest(folder, manifest);
}

Manifest read_manifest(const DataFolder& folder) {
  Manifest manifest;
  if (!fs::exists(folder.manifest_file())) return manifest;
  const auto json = nlohmann::json::parse(read_file(folder.manifest_file()), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return manifest;
  manifest.version = json.value("version", "");
  manifest.spec_hash = json.value("spec_hash", "");
  manifest.seed = json.value("seed", std::uint64_t{0});
  manifest.started = json.value("started", "");
  manifest.wall_seconds = json.value("wall_seconds", 0.0);
  manifest.peak_memory_bytes = json.value("peak_memory_bytes", std::int64_t{0});
  return manifest;
}

void write_manifest(const DataFolder& folder, const Manifest& manifest) {
  nlohmann::ordered_json json;
  json["version"] = version();
  json["git_revision"] = git_revision();
  json["compiler"] = compiler();
  json["build_type"] = build_type();
  json["cpu"] = cpu_name();
  json["cores"] = cpu_cores();
  json["system"] = host_kernel();
  json["kernel"] = manifest.kernel;
  json["libraries"] = nlohmann::ordered_json{
      {"eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
      {"nlohmann_json",
       fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
      {"fmt", fmt::format("{}", FMT_VERSION)}};
  json["spec_hash"] = manifest.spec_hash;
  json["seed"] = manifest.seed;
  json["command_line"] = manifest.command_line;
  json["started"] = manifest.started;
  json["wall_seconds"] = manifest.wall_seconds;
  json["peak_memory_bytes"] = manifest.peak_memory_bytes;
  json["exit_code"] = manifest.exit_code;
  write_file_durably(folder.manifest_file(), json.dump(2) + "\n");
}

}  // namespace slm
