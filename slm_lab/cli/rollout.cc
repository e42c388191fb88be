#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iostream>
#include <sstream>

#include "slm_lab/base/error.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/env/registry.h"

namespace slm {
namespace {

struct RolloutArguments {
  std::string env, actions_file, policy;
  std::vector<std::string> kwargs;
  std::uint64_t seed = 0;
  std::int64_t steps = 1000;
};

/// Enough digits to restore the number: the shortest text that reads back as the same value.
std::string text(double value, bool is_float32) {
  return is_float32 ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
}

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
  return actions;
}

std::vector<double> random_action(const Space& space, Rng& rng) {
  if (space.is_discrete()) return {static_cast<double>(rng.integers(0, space.n))};
  std::vector<double> action;
  for (std::size_t i = 0; i < space.low.size(); ++i)
    action.push_back(static_cast<float>(rng.uniform(space.low[i], space.high[i])));
  return action;
}

int rollout(const RolloutArguments& arguments) {
  const auto env = make_rollout_env(arguments.env, arguments.kwargs, arguments.seed);
  const bool from_file = !arguments.actions_file.empty();
  const auto actions = from_file ? read_actions(arguments.actions_file) : std::vector<std::vector<double>>{};
  const auto num_steps = from_file ? static_cast<std::int64_t>(actions.size()) : arguments.steps;
  const Space& space = env->info().action_space;
  Rng policy_rng = Streams(arguments.seed, 0, 0).stream("action");

  const bool obs32 = env->obs_is_float32();
  std::vector<double> obs;
  bool ended = true;
  for (std::int64_t i = 0; i < num_steps; ++i) {
    if (ended) {
      env->reset(obs);
      fmt::print("{{\"reset\": true, \"obs\": {}}}\n", array(obs, obs32));
    }
    const std::vector<double> action =
        from_file ? actions[static_cast<std::size_t>(i)] : random_action(space, policy_rng);
    const RolloutEnv::Step step = env->step(action, obs);
    ended = step.terminated || step.truncated;
    fmt::print("{{\"action\": {}, \"obs\": {}, \"reward\": {}, \"terminated\": {}, \"truncated\": {}}}\n",
               space.is_discrete() ? text(action[0], false) : array(action, true), array(obs, obs32),
               text(step.reward, false), step.terminated, step.truncated);
  }
  if (std::fflush(stdout) != 0) throw Error(ExitCode::io, "cannot write the trajectory to standard output");
  return 0;
}

}  // namespace

std::function<int()> add_rollout(CLI::App& app, const Invocation&) {
  auto arguments = std::make_shared<RolloutArguments>();
  app.add_option("env", arguments->env, "environment, by its Gymnasium id")->required();
  app.add_option("--seed", arguments->seed, "seed of the first reset")->capture_default_str();
  auto* file = app.add_option("--actions", arguments->actions_file,
                              "file with one action per line, numbers separated by spaces; - for standard input");
  app.add_option("--policy", arguments->policy, "random: actions drawn uniformly")
      ->check(CLI::IsMember({"random"}))
      ->excludes(file);
  app.add_option("--steps", arguments->steps, "steps to take with --policy")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--kwarg", arguments->kwargs, "NAME=VALUE: option of the environment (repeatable)")
      ->allow_extra_args(false);
  return [arguments] {
    if (arguments->actions_file.empty() && arguments->policy.empty())
      throw SpecError("rollout: expected --actions FILE or --policy random");
    return rollout(*arguments);
  };
}

}  // namespace slm
