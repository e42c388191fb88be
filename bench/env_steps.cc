// env_steps ENV ROWS THREADS SECONDS: steps per second of an environment as training makes it, with its defaults and
// random actions, for scripts/compare_envpool.py. One line for each quarter of a second; wall-clock.
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "bench/played_env.h"
#include "bench/timing.h"
#include "slm_lab/base/thread_pool.h"

namespace slm {
namespace {

constexpr double kPiece = 0.25;  // seconds

void play(const std::string& name, int rows, int num_threads, double seconds) {
  const EnvConfig config = default_env(name);
  EnvStatistics statistics;
  ThreadPool threads(num_threads);
  const auto env = make_env(config, rows, 0.99, Streams(0, 0, 0), statistics, EnvUse::train, &threads);
  const std::vector<Matrix> actions = random_actions(env->info().action_space, rows);
  StepResult step;
  env->reset(step.obs);
  std::size_t t = 0;
  for (const double end = wall_seconds() + seconds; wall_seconds() < end;) {
    const double start = wall_seconds();
    const std::size_t first = t;
    double passed = 0;
    for (; passed < kPiece; passed = wall_seconds() - start) env->step(actions[t++ % actions.size()], step);
    fmt::print("{:.0f}\n", rows * static_cast<double>(t - first) / passed);
  }
}

}  // namespace
}  // namespace slm

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: env_steps ENV ROWS THREADS SECONDS\n");
    return 2;
  }
  try {
    slm::play(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), std::atof(argv[4]));
  } catch (const std::exception& error) {  // an unknown name, or a part that is not installed
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
