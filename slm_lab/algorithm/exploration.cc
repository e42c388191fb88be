#include "slm_lab/algorithm/exploration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

// From a box element: uniform between bounds, exponential from one bound, normal without any.
float sample_element(float low, float high, Rng& rng) {
  if (std::isfinite(low) && std::isfinite(high)) return static_cast<float>(rng.uniform(low, high));
  if (std::isfinite(low)) return low - static_cast<float>(std::log1p(-rng.random()));
  if (std::isfinite(high)) return high + static_cast<float>(std::log1p(-rng.random()));
  return static_cast<float>(rng.standard_normal());
}

bool is_finite(float x) { return std::isfinite(x); }

// What Beta, tanh_mean and clamp_actions need of the environment.
void check_bounds_of_actions(const ActionConfig& config, const EnvInfo& info, SpecReader& algorithm) {
  const Space& space = info.action_space;
  const bool is_beta = config.action_pdtype == "Beta";
  if (config.sde && space.is_discrete())
    algorithm.note("sde", fmt::format("not used: the actions of {} are discrete", info.name));
  else if (config.sde && is_beta)
    algorithm.problem("sde", "is noise around a mean, and action_pdtype Beta has none; expected null, or Normal");
  for (const auto& [key, set] :
       {std::pair("tanh_mean", config.tanh_mean), std::pair("clamp_actions", config.clamp_actions)})
    if (set && space.is_discrete())
      algorithm.note(key, fmt::format("not used: the actions of {} are discrete and have no bounds", info.name));
    else if (set && is_beta)
      algorithm.note(key, "not used: Beta lies between the bounds as it is");
  if (space.is_discrete()) return;
  const bool bounded = std::ranges::all_of(space.low, is_finite) && std::ranges::all_of(space.high, is_finite) &&
                       std::ranges::equal(space.low, space.high, std::less<>());
  const std::string needs =
      fmt::format("needs a lower bound and a higher one of each action, which {} does not have", info.name);
  if (is_beta && !bounded) algorithm.problem("action_pdtype", fmt::format("Beta {}; use Normal", needs));
  if (config.tanh_mean && !is_beta && !bounded) algorithm.problem("tanh_mean", needs + "; expected false");
  if (config.clamp_actions && std::ranges::none_of(space.low, is_finite) && std::ranges::none_of(space.high, is_finite))
    algorithm.note("clamp_actions", fmt::format("not used: the actions of {} have no bounds", info.name));
}

}  // namespace

void sample_space(const Space& space, Rng& rng, MatrixRef actions) {
  for (Eigen::Index i = 0; i < actions.rows(); ++i) {
    if (space.is_discrete()) {
      actions(i, 0) = static_cast<float>(rng.integers(0, space.n));
      continue;
    }
    for (Eigen::Index j = 0; j < actions.cols(); ++j)
      actions(i, j) =
          sample_element(space.low[static_cast<std::size_t>(j)], space.high[static_cast<std::size_t>(j)], rng);
  }
}

ActionConfig read_action_config(SpecReader& reader) {
  ActionConfig c;
  std::optional<std::string> action_pdtype = c.action_pdtype;  // null means "default" here
  std::vector<std::string> names{"default"};
  for (const DistributionEntry& entry : distributions()) names.emplace_back(entry.name);
  reader.read("action_pdtype", action_pdtype,
              "distribution of actions; default: Categorical, or Normal per dimension; Beta lies between the bounds",
              one_of(names));
  c.action_pdtype = action_pdtype.value_or("default");
  reader.read("action_policy", c.action_policy,
              "default draws from the distribution; epsilon_greedy and boltzmann explore around the net's outputs",
              one_of({"default", "random", "epsilon_greedy", "boltzmann"}));
  c.explore_var_spec =
      read_schedule(reader, "explore_var_spec", "epsilon (epsilon_greedy) or tau (boltzmann)", at_least(0));
  return c;
}

ActionConfig read_policy_action_config(SpecReader& reader) {
  ActionConfig c = read_action_config(reader);
  reader.read("tanh_mean", c.tanh_mean,
              "continuous actions: the mean is tanh of the net's output, from [-1, 1] stretched to the bounds");
  reader.read("clamp_actions", c.clamp_actions,
              "continuous actions: clamp what was drawn to the bounds before its log-probability is taken and store it "
              "so; false: only the environment clips it");
  if (auto sde = reader.child("sde",
                              "continuous actions: noise that is a function of the state and lasts (gSDE); null: "
                              "new noise every step")) {
    SdeConfig config;
    sde->require("sample_freq", config.sample_freq, "steps for which each environment keeps its noise", at_least(1));
    sde->read("log_std_init", config.log_std_init, "start of the log standard deviation of each weight of the noise",
              between(-20, 2));
    sde->done();
    c.sde = config;
  }
  return c;
}

void check_action_config(const ActionConfig& config, const EnvInfo& info, bool needs_gradient, SpecReader& algorithm) {
  const Space& action_space = info.action_space;
  const std::string actions =
      fmt::format("the actions of {} are {}", info.name, action_space.is_discrete() ? "discrete" : "continuous");
  if (const DistributionEntry* entry = find_distribution(config.action_pdtype, action_space)) {
    if (!entry->why_not.empty())
      algorithm.problem("action_pdtype", fmt::format("not supported: {}", entry->why_not));
    else if (needs_gradient && entry->name == "Argmax")
      algorithm.problem("action_pdtype",
                        "Argmax has no gradient, so a policy cannot be learnt with it; use Categorical");
    if (!entry->note.empty()) algorithm.note("action_pdtype", entry->note);
  } else {
    std::vector<std::string_view> options{"default"};
    for (const DistributionEntry& e : distributions())
      if (e.action_kind == action_space.kind && e.why_not.empty()) options.push_back(e.name);
    algorithm.problem("action_pdtype", fmt::format("{} does not fit, {}: expected one of {}", config.action_pdtype,
                                                   actions, fmt::join(options, ", ")));
  }
  const bool explores = config.action_policy == "epsilon_greedy" || config.action_policy == "boltzmann";
  if (explores && !action_space.is_discrete())
    algorithm.problem("action_policy",
                      fmt::format("{} needs discrete actions, and {}; use default", config.action_policy, actions));
  if (!explores && config.explore_var_spec)
    algorithm.note("explore_var_spec", fmt::format("not used: action_policy {} does not explore by a variable; "
                                                   "epsilon_greedy and boltzmann do",
                                                   config.action_policy));
  if (explores && !config.explore_var_spec && needs_gradient)  // others require it in any case
    algorithm.problem("explore_var_spec", fmt::format("{} needs a schedule here", config.action_policy));
  check_bounds_of_actions(config, info, algorithm);
}

void check_value_based_actions(const ActionConfig& config, const EnvInfo& info, SpecReader& algorithm) {
  if (info.action_space.is_discrete()) check_action_config(config, info, /*needs_gradient=*/false, algorithm);
}

void check_bounded_actions(const EnvInfo& info, std::string_view name, SpecReader& algorithm) {
  const Space& actions = info.action_space;
  if (!std::ranges::all_of(actions.low, is_finite) || !std::ranges::all_of(actions.high, is_finite))
    algorithm.problem("name", fmt::format("{} needs bounded actions; those of {} have no bounds", name, info.name));
}

Exploration::Exploration(const ActionConfig& config, const Space& action_space)
    : config_(config),
      action_space_(action_space),
      distribution_(make_distribution(action_space, config.action_pdtype, config.tanh_mean)) {
  if (config.sde && !action_space.is_discrete()) {
    auto sde = std::make_unique<StateDependentNormal>(action_space, *config.sde, config.tanh_mean);
    sde_ = sde.get();
    distribution_ = std::move(sde);
  }
  if (action_space.is_discrete() || !config.clamp_actions || config.action_pdtype == "Beta") return;
  low_ = Eigen::Map<const Eigen::RowVectorXf>(action_space.low.data(), action_space.size());
  high_ = Eigen::Map<const Eigen::RowVectorXf>(action_space.high.data(), action_space.size());
}

double Exploration::explore_var(std::int64_t frame) const {
  return config_.explore_var_spec ? config_.explore_var_spec->at(frame) : TrainStats::kNone;
}

void Exploration::serialize(Archive& archive) {
  if (sde_ != nullptr) sde_->serialize(archive);
}

template <class Actions>
void Exploration::draw(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, Actions& actions) {
  if (mode == ActMode::greedy) return distribution_->mode(outputs, actions);
  const std::string_view policy = config_.action_policy, pdtype = config_.action_pdtype;  // sizes are compared first
  const bool explores = policy == "epsilon_greedy" || policy == "boltzmann";
  ensure(!explores || config_.explore_var_spec, "epsilon_greedy and boltzmann need explore_var_spec");
  const double explore_var = !explores                   ? 0
                             : mode == ActMode::evaluate ? config_.explore_var_spec->end()
                                                         : config_.explore_var_spec->at(frame);
  if (policy == "random") {
    sample_space(action_space_, rng, actions);
  } else if (policy == "epsilon_greedy") {
    epsilon_greedy(outputs, explore_var, rng, actions);
  } else if (policy == "boltzmann") {
    boltzmann(outputs, explore_var, rng, actions);
  } else if (pdtype == "Argmax") {
    distribution_->mode(outputs, actions);
  } else if (sde_ != nullptr && mode == ActMode::train) {
    sde_->explore(outputs, rng, actions);
  } else {
    distribution_->sample(outputs, rng, actions);
  }
}

template <class Actions>
void Exploration::clamp(Actions& actions) const {
  if (low_.size() == 0) return;
  for (Eigen::Index i = 0; i < actions.rows(); ++i) actions.row(i) = actions.row(i).cwiseMax(low_).cwiseMin(high_);
}

void Exploration::choose(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, MatrixRef actions) {
  draw(outputs, mode, frame, rng, actions);
  clamp(actions);
}

void Exploration::act(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, Matrix& actions) {
  actions.resize(outputs.rows(), action_space_.size());
  draw(outputs, mode, frame, rng, actions);
  clamp(actions);
}

// A draw per environment; the reference draws once for all of them, which makes their actions random together.
void Exploration::epsilon_greedy(const ConstMatrixRef& outputs, double epsilon, Rng& rng, MatrixRef actions) {
  distribution_->mode(outputs, actions);
  for (Eigen::Index i = 0; i < actions.rows(); ++i)
    if (rng.random() < epsilon) actions(i, 0) = static_cast<float>(rng.integers(0, action_space_.n));
}

// Softmax of outputs / tau. Argmax as action_pdtype does not turn the draw off, as it does in the reference.
void Exploration::boltzmann(const ConstMatrixRef& outputs, double tau, Rng& rng, MatrixRef actions) {
  constexpr double kColdest = 1e-6;
  scaled_.resize(static_cast<std::size_t>(outputs.size()));
  Eigen::Map<Matrix> scaled(scaled_.data(), outputs.rows(), outputs.cols());
  scaled = outputs * static_cast<float>(1 / std::max(tau, kColdest));
  distribution_->sample(scaled, rng, actions);
}

}  // namespace slm
