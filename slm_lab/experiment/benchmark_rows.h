#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slm {

/// An environment of the benchmark: what the rows on it have in common.
struct BenchmarkEnv {
  std::string_view group;  ///< first part of the ids of its rows, and the name of its picture
  std::string_view name;   ///< Gymnasium id
  std::string_view phase;  ///< rows that are run together
  std::string_view obs, actions;
  int num_envs;        ///< of its rows, 1 for those that learn from whole episodes in order; 0: it differs
  long max_frame;      ///< of every row; 0: it differs
  long log_frequency;  ///< of every row; 0: it differs
  double target;
  bool by_d100 = false;  ///< the target is one for D-100: MA holds the start of the run, or noise that costs reward
  std::string_view note = {};  ///< what a reader must know of the target or of the figures of SLM-Lab's page
};

struct BenchmarkRow {
  std::string_view id;         ///< cartpole/ppo
  std::string_view algorithm;  ///< as people call it
  std::string_view spec_file, spec_name;
  double published;          ///< MA on SLM-Lab's page, NaN where it has none
  int cost;                  ///< seconds of one session, roughly: long rows start first
  int sessions = 5;          ///< unless the page has another number: fewer where one takes hours
  bool is_template = false;  ///< the spec is filled with -s env=NAME of its environment
  bool is_extra = false;     ///< its algorithm is not on SLM-Lab's page: of the phase `extra`, whatever its environment

  std::string_view group() const { return id.substr(0, id.find('/')); }
};

std::span<const BenchmarkEnv> benchmark_envs();  ///< in the order of the page
std::span<const BenchmarkRow> benchmark_rows();  ///< in the order of the page
const BenchmarkEnv& benchmark_env(const BenchmarkRow& row);
std::string_view benchmark_phase(const BenchmarkRow& row);
const BenchmarkEnv* find_benchmark_env(std::string_view name);  ///< by Gymnasium id; null: not on the page

/// The rows that any of `patterns` means, each once, in the order of the page. A pattern is an id with * and ?, a group
/// (cartpole), a phase (phase1) or `all`. Throws SpecError with near names when one means nothing.
std::vector<const BenchmarkRow*> select_benchmark_rows(std::span<const std::string> patterns);

}  // namespace slm
