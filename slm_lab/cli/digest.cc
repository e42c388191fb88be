#include <fmt/format.h>

#include <array>

#include "slm_lab/base/file.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/experiment/session.h"
#include "slm_lab/experiment/session_files.h"

namespace slm {
namespace {

/// A short run of each algorithm, long enough that every part of it has worked.
struct DigestRun {
  const char* file;
  const char* spec;
  const char* max_frame;
};
constexpr std::array kRuns = {
    DigestRun{"benchmark/reinforce/reinforce_cartpole.json", "reinforce_cartpole", "6000"},
    DigestRun{"benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole", "6000"},
    DigestRun{"benchmark/ppo/ppo_cartpole.json", "ppo_cartpole", "6000"},
    DigestRun{"benchmark/ppo/ppo_acrobot.json", "ppo_acrobot", "6000"},
    DigestRun{"benchmark/ppo/ppo_pendulum.json", "ppo_pendulum", "12000"},
    DigestRun{"benchmark/sil/ppo_sil_cartpole.json", "ppo_sil_cartpole", "6000"},
    DigestRun{"benchmark/sarsa/sarsa_cartpole.json", "sarsa_epsilon_greedy_cartpole", "6000"},
    DigestRun{"benchmark/dqn/dqn_cartpole.json", "dqn_boltzmann_cartpole", "6000"},
    DigestRun{"benchmark/dqn/ddqn_per_acrobot.json", "ddqn_per_acrobot", "6000"},
    DigestRun{"benchmark/dqn/rainbow_cartpole.json", "rainbow_cartpole", "6000"},
    DigestRun{"benchmark/sac/sac_cartpole.json", "sac_cartpole", "6000"},
    DigestRun{"benchmark/sac/sac_pendulum.json", "sac_pendulum", "3000"},
    DigestRun{"benchmark/crossq/crossq_classic.json", "crossq_pendulum_20k", "3000"},
    DigestRun{"benchmark/td3/td3_pendulum.json", "td3_pendulum", "3000"},
};

/// SHA-256 over the final weights and over the return of every log point.
std::string digest(const DigestRun& run, const Invocation& invocation) {
  LoadOptions options;
  options.repository = invocation.root;
  options.overrides = {fmt::format("env.max_frame={}", run.max_frame), "meta.log_frequency=1000", "meta.seed=0"};
  const LoadedSpec loaded = load_spec(run.file, run.spec, options);
  SpecReport report(loaded.file);
  Session session(read_lab_spec(loaded, report), 0, 0);
  while (!session.finished()) {
    session.step();
    if (session.log_point_due()) session.log_point();
  }
  std::string text = weights_sha256(session.algorithm());
  for (const SessionRow& row : session.record().rows()) text += fmt::format(" {}", row.total_reward);
  return sha256_hex(text);
}

}  // namespace

std::function<int()> add_digest(CLI::App&, const Invocation& invocation) {
  return [&invocation] {
    for (const DigestRun& run : kRuns) fmt::print("{}  {}\n", digest(run, invocation).substr(0, 16), run.spec);
    return 0;
  };
}

}  // namespace slm
