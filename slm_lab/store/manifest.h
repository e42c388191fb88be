#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/report/profile_table.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// One start of the program on a run folder: which program, where, and what became of it.
struct RunStart {
  std::string started;  ///< local time
  std::string version, revision, compiler, build_type;
  std::string kernel;  ///< instruction set of the net kernel that runs
  std::map<std::string, std::string> libraries;
  std::string host, cpu, system;
  int cores = 0;
  std::vector<std::string> command_line;
  double wall_seconds = 0;
  std::int64_t peak_memory_bytes = 0;  ///< of the largest process
  int exit_code = -1;                  ///< -1 while running, and when it was killed
};

/// A file of a finished run, so that a copy can be verified.
struct RunFile {
  std::string path;  ///< in the run folder
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// Where a result came from. Everything that differs between two runs of the same spec and seed (clock, host) is in
/// this file, in the timing columns of the CSV files and in the logs only.
struct Manifest {
  std::string spec_name, spec_hash;
  std::string
      next_spec_hash;  ///< while the spec's files are being replaced (a run that is to be longer): of the new one
  std::uint64_t seed = 0;
  std::uint64_t number = 0;  ///< of the run among those of its spec in its data folder: the order, whatever clocks say
  std::vector<RunStart> starts;
  std::map<int, SessionProfile> profile;  ///< by session, over all starts; once a start has ended
  std::vector<RunFile> files;             ///< once finished

  void keep(std::span<const SessionProfile> profiles);  ///< in the place of what is known of those sessions
  double wall_seconds() const;
  std::string version() const;  ///< of the program that ran last
};

/// Throws Error(corrupt) when there is none or its checksum is not right.
Manifest read_manifest(const DataFolder& folder);
void write_manifest(const DataFolder& folder, const Manifest& manifest);
/// The number of the run; 0 when it cannot be known.
std::uint64_t run_number(const DataFolder& folder);

/// The manifest of a run that starts now, before its spec is saved: written already. `data` numbers the run.
Manifest start_manifest(const DataFolder& folder, const std::filesystem::path& data, const std::string& spec_hash,
                        std::uint64_t seed, const std::string& kernel, const std::vector<std::string>& command_line);
/// The same of a run that goes on.
Manifest continue_manifest(const DataFolder& folder, const std::string& kernel,
                           const std::vector<std::string>& command_line);
/// It has run for `seconds` by now.
void update_manifest(const DataFolder& folder, Manifest& manifest, double seconds);
/// Keeps that up to date while a run goes on, so that a kill costs the record of a second at most.
class ManifestClock {
 public:
  ManifestClock(const DataFolder& folder, Manifest& manifest) : folder_(folder), manifest_(manifest) {}
  void keep();
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;

  const DataFolder& folder_;
  Manifest& manifest_;
  Clock::time_point start_ = Clock::now(), kept_ = start_;
};
/// It ends after `seconds`; with exit code 0 the files are listed.
void close_manifest(const DataFolder& folder, Manifest& manifest, double seconds, int exit_code);

/// Throws Error(corrupt) at the first file of a finished run that is missing or not as it was.
void verify_files(const DataFolder& folder, const Manifest& manifest);

std::string cpu_name();
int cpu_cores();  ///< of the machine
std::string local_time();

}  // namespace slm
