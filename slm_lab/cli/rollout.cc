#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>

#include "slm_lab/base/error.h"
#include "slm_lab/cli/arguments.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/experiment/played_run.h"
#include "slm_lab/experiment/policy_player.h"

namespace slm {
namespace {

struct RolloutArguments {
  std::string env, actions_file, policy;
  std::filesystem::path data = "data";
  std::vector<std::string> kwargs;
  std::uint64_t seed = 0;
  std::int64_t steps = 1000, episodes = 0;
};

/// Enough digits to restore the number: the shortest text that reads back as the same value. JSON has no word for what
/// is none.
std::string text(double value, bool is_float32) {
  if (!std::isfinite(value)) return "null";
  return is_float32 ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
}

std::string short_text(double value) { return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null"; }

std::string array(const std::vector<double>& values, bool is_float32) {
  std::string out = "[";
  for (const double value : values) out += (out.size() > 1 ? ", " : "") + text(value, is_float32);
  return out + "]";
}

/// One action per line: numbers separated by spaces. Throws SpecError naming file and line.
std::vector<std::vector<double>> read_actions(const std::string& file) {
  std::ifstream stream;
  if (file != "-") {
    stream.open(file);
    if (!stream) throw SpecError(fmt::format("{}: cannot read the actions file", file));
  }
  std::istream& in = file == "-" ? std::cin : stream;
  std::vector<std::vector<double>> actions;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::istringstream words(line);
    std::vector<double> action;
    for (std::string word; words >> word;) {
      double value = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || end != word.data() + word.size())
        throw SpecError(fmt::format("{}:{}: {}: expected a number", file, number, word));
      action.push_back(value);
    }
    if (!action.empty()) actions.push_back(std::move(action));
  }
  if (in.bad()) throw Error(ExitCode::io, fmt::format("{}: cannot be read: a folder?", file));
  return actions;
}

std::vector<double> random_action(const Space& space, Rng& rng) {
  if (space.is_discrete()) return {static_cast<double>(rng.integers(0, space.n))};
  std::vector<double> action;
  for (std::size_t i = 0; i < space.low.size(); ++i)
    action.push_back(static_cast<float>(rng.uniform(space.low[i], space.high[i])));
  return action;
}

/// Who acts in a bare environment.
struct Player {
  const RolloutEnv* env;
  std::function<void(std::vector<double>& obs)> reset;
  std::function<RolloutEnv::Step(std::vector<double>& action, std::vector<double>& obs)> step;
};

/// Takes the action that `choose` writes.
Player player_of(const RolloutArguments& arguments, std::function<void(const Space&, std::vector<double>&)> choose) {
  std::shared_ptr<RolloutEnv> env = make_rollout_env(arguments.env, arguments.kwargs, arguments.seed);
  return {env.get(), [env](std::vector<double>& obs) { env->reset(obs); },
          [env, choose = std::move(choose)](std::vector<double>& action, std::vector<double>& obs) {
            choose(env->info().action_space, action);
            return env->step(action, obs);
          }};
}

Player random_player(const RolloutArguments& arguments) {
  return player_of(
      arguments, [rng = Streams(arguments.seed, 0, 0).stream("action")](
                     const Space& space, std::vector<double>& action) mutable { action = random_action(space, rng); });
}

Player policy_player(const RolloutArguments& arguments) {
  EnjoyOptions options;
  options.data = arguments.data;
  const PlayedRun run = find_played_run(arguments.policy, options);
  if (run.spec.env.name != arguments.env)
    throw SpecError(fmt::format("--policy {}: learnt {}, not {}", arguments.policy, run.spec.env.name, arguments.env));
  if (!arguments.kwargs.empty())
    throw SpecError("--kwarg: a policy is played in the environment of its run, with the options of that one");
  const auto policy = std::make_shared<PolicyPlayer>(run, arguments.seed);
  return {&policy->env(), [policy](std::vector<double>& obs) { policy->reset(obs); },
          [policy](std::vector<double>& action, std::vector<double>& obs) { return policy->step(action, obs); }};
}

/// Mean return; of random actions the baseline below which nothing was learnt.
int play_episodes(const Player& player, std::int64_t episodes) {
  std::vector<double> obs, action, returns;
  std::int64_t steps = 0;
  for (std::int64_t episode = 0; episode < episodes; ++episode) {
    player.reset(obs);
    double sum = 0;
    for (bool ended = false; !ended; ++steps) {
      const RolloutEnv::Step step = player.step(action, obs);
      sum += step.reward;
      ended = step.terminated || step.truncated;
    }
    returns.push_back(sum);
  }
  const auto n = static_cast<double>(returns.size());
  const double mean = std::accumulate(returns.begin(), returns.end(), 0.0) / n;
  double squares = 0;
  for (const double r : returns) squares += (r - mean) * (r - mean);
  const auto [low, high] = std::minmax_element(returns.begin(), returns.end());
  fmt::print(
      "{{\"episodes\": {}, \"mean_return\": {}, \"std_return\": {}, \"min_return\": {}, \"max_return\": {}, "
      "\"mean_length\": {}}}\n",
      returns.size(), short_text(mean), short_text(std::sqrt(squares / n)), short_text(*low), short_text(*high),
      short_text(static_cast<double>(steps) / n));
  return 0;
}

int print_steps(const Player& player, std::int64_t num_steps, std::uint64_t seed) {
  const bool is_discrete = player.env->info().action_space.is_discrete();
  const bool obs32 = !player.env->obs_is_float64();
  std::vector<double> obs, action;
  bool ended = true;
  for (std::int64_t i = 0; i < num_steps; ++i) {
    if (ended) {
      player.reset(obs);
      fmt::print("{{\"reset\": true, \"obs\": {}}}\n", array(obs, obs32));
    }
    const RolloutEnv::Step step = player.step(action, obs);
    ended = step.terminated || step.truncated;
    if (step.diverged)
      fmt::print(stderr, "slm-lab: the physics diverged at step {} (seed {}); the episode ended there\n", i, seed);
    fmt::print("{{\"action\": {}, \"obs\": {}, \"reward\": {}, \"terminated\": {}, \"truncated\": {}}}\n",
               is_discrete ? text(action[0], false) : array(action, true), array(obs, obs32), text(step.reward, false),
               step.terminated, step.truncated);
  }
  if (std::fflush(stdout) != 0) throw Error(ExitCode::io, "cannot write the trajectory to standard output");
  return 0;
}

int rollout(const RolloutArguments& arguments) {
  if (!arguments.actions_file.empty()) {
    std::vector<std::vector<double>> actions = read_actions(arguments.actions_file);
    const auto num_steps = static_cast<std::int64_t>(actions.size());
    const Player player =
        player_of(arguments, [actions = std::move(actions), next = std::size_t{0}](
                                 const Space&, std::vector<double>& action) mutable { action = actions[next++]; });
    return print_steps(player, num_steps, arguments.seed);
  }
  if (arguments.policy.empty() && arguments.episodes == 0)
    throw SpecError("rollout: expected --episodes N, --policy random, --policy DIR or --actions FILE");
  const bool random = arguments.policy.empty() || arguments.policy == "random";
  const Player player = random ? random_player(arguments) : policy_player(arguments);
  if (arguments.episodes > 0) return play_episodes(player, arguments.episodes);
  return print_steps(player, arguments.steps, arguments.seed);
}

}  // namespace

std::function<int()> add_rollout(CLI::App& app, const Invocation&) {
  auto arguments = std::make_shared<RolloutArguments>();
  app.add_option("env", arguments->env, "environment, by its Gymnasium id")->required();
  app.add_option("--seed", arguments->seed, "seed of the first reset")->check(whole_number(0))->capture_default_str();
  auto* file = app.add_option("--actions", arguments->actions_file,
                              "file with one action per line, numbers separated by spaces; - for standard input");
  app.add_option(
         "--policy", arguments->policy,
         "random: actions drawn uniformly; or a run, by its folder or name: the greedy actions of its best weights")
      ->excludes(file);
  app.add_option("--data", arguments->data, "folder in which the run of --policy is found")->capture_default_str();
  auto* steps = app.add_option("--steps", arguments->steps, "steps to take with --policy")
                    ->check(whole_number(0))
                    ->capture_default_str();
  app.add_option("--episodes", arguments->episodes,
                 "play so many episodes, at random without --policy, and print their mean return")
      ->check(whole_number(1))
      ->excludes(file)
      ->excludes(steps);
  app.add_option("--kwarg", arguments->kwargs, "NAME=VALUE: option of the environment (repeatable)")
      ->allow_extra_args(false);
  return [arguments] { return rollout(*arguments); };
}

}  // namespace slm
