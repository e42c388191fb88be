#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slm_lab/store/data_folder.h"

namespace slm {

/// Where a result came from. Everything that differs between two runs of the same spec and seed (clock, host) is in
/// this file and in the timing columns of the CSV files only.
struct Manifest {
  std::string version;  ///< of the program that wrote it last
  std::string spec_hash;
  std::uint64_t seed = 0;
  std::string kernel;  ///< instruction set of the net kernel that runs
  std::vector<std::string> command_line;
  std::string started;                 ///< local time of the first start
  double wall_seconds = 0;             ///< all runs of this folder together
  std::int64_t peak_memory_bytes = 0;  ///< of the largest process
  int exit_code = -1;                  ///< -1 while running
};

/// Reads what an earlier run of this folder left, if anything.
Manifest read_manifest(const DataFolder& folder);
void write_manifest(const DataFolder& folder, const Manifest& manifest);

/// The manifest of a run that starts or goes on now, written already.
Manifest open_manifest(const DataFolder& folder, const std::string& spec_hash, std::uint64_t seed,
                       const std::string& kernel, const std::vector<std::string>& command_line);
/// The same run ends after `seconds` more.
void close_manifest(const DataFolder& folder, Manifest& manifest, double seconds, int exit_code);

std::string git_revision();  ///< of the source tree, "unknown" outside a checkout
std::string cpu_name();
int cpu_cores();  ///< of the machine
std::string local_time();
std::int64_t peak_memory_bytes();  ///< of this process and its ended children

}  // namespace slm
