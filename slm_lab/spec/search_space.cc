#include "slm_lab/spec/search_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "slm_lab/base/near_name.h"
#include "slm_lab/spec/report.h"
#include "slm_lab/spec/spec_path.h"

namespace slm {
namespace {

using Kind = JsonNode::Kind;

struct DistributionRow {
  std::string_view name;
  SearchDistribution distribution;
  std::size_t num_args;   // 0: any number of any values
  std::string_view args;  // for messages
  bool integers = false;
  bool logarithmic = false;  // low > 0; an additional argument, the base of the logarithm, changes nothing
};
constexpr std::array kDistributions = {
    DistributionRow{"uniform", SearchDistribution::uniform, 2, "[low, high]"},
    DistributionRow{"quniform", SearchDistribution::quniform, 3, "[low, high, step]"},
    DistributionRow{"loguniform", SearchDistribution::loguniform, 2, "[low, high]", false, true},
    DistributionRow{"qloguniform", SearchDistribution::qloguniform, 3, "[low, high, step]", false, true},
    DistributionRow{"randint", SearchDistribution::randint, 2, "[low, high]", true},
    DistributionRow{"qrandint", SearchDistribution::qrandint, 3, "[low, high, step]", true},
    DistributionRow{"lograndint", SearchDistribution::lograndint, 2, "[low, high]", true, true},
    DistributionRow{"qlograndint", SearchDistribution::qlograndint, 3, "[low, high, step]", true, true},
    DistributionRow{"randn", SearchDistribution::randn, 2, "[mean, standard deviation]"},
    DistributionRow{"qrandn", SearchDistribution::qrandn, 3, "[mean, standard deviation, step]"},
    DistributionRow{"choice", SearchDistribution::choice, 0, "a list of values"},
};

// SLM-Lab's own files search these, which no version since 4.0 reads.
constexpr std::string_view kRemovedPaths[] = {
    "agent.agent.training_batch_iter",
    "agent.algorithm.clip_eps",
    "agent.algorithm.entropy_coef",
    "agent.net.clip_grad",
    "agent.net.lr",
    "agent.net.lr_anneal_timestep",
    "agent.net.lr_decay_frequency",
    "agent.net.lr_scheduler_spec.rnn_hidden_size",
    "agent.net.lr_scheduler_spec.seq_len",
    "agent.net.training_iter",
};

constexpr double kMostNumbers = 1e15;  // of a grid: so many a double still tells apart
constexpr double kNormalRange = 16;    // standard deviations, in which all draws lie

class SearchReader {
 public:
  explicit SearchReader(SpecReader& spec) : spec_(spec), report_(spec.report()) {}

  /// Nested objects and dots mean the same.
  void flatten(const JsonNode& node, const std::string& path) {
    for (const JsonMember& member : node.members) {
      const std::string deeper = path.empty() ? member.key : path + "." + member.key;
      if (member.value.is(Kind::object))
        flatten(member.value, deeper);
      else
        add(member, deeper);
    }
  }
  std::vector<SearchDimension> take() { return std::move(dimensions_); }

 private:
  void problem(const Position& position, const JsonNode& value, const std::string& key, std::string message) {
    report_.add_problem({position, value.origin, "search." + key, "", std::move(message)});
  }

  void add(const JsonMember& member, const std::string& key) {
    const std::size_t at = key.find("__");
    if (at == std::string::npos || at == 0 || key.find("__", at + 2) != std::string::npos)
      return problem(member.position, member.value, key,
                     "expected PATH__DISTRIBUTION, as in agent.algorithm.gamma__uniform");
    const std::string path = key.substr(0, at), name = key.substr(at + 2);
    const auto row = std::find_if(kDistributions.begin(), kDistributions.end(),
                                  [&](const DistributionRow& r) { return r.name == name; });
    if (row == kDistributions.end()) return problem(member.position, member.value, key, unknown(name));
    SearchDimension dimension{path, row->distribution, {}, {}};
    const std::string wrong = read_args(member.value, *row, dimension);
    if (!wrong.empty())
      return report_.add_problem({member.value.position, member.value.origin, "search." + key,
                                  to_json_line(member.value), fmt::format("expected {}: {}", row->args, wrong)});
    if (!is_read(path)) {
      dimension.inert = std::ranges::find(kRemovedPaths, path) != std::end(kRemovedPaths);
      if (!dimension.inert) return problem(member.position, member.value, key, unread(path));
      report_.add_note({member.position, member.value.origin, "search." + key, "",
                        fmt::format("nothing is read from {} since SLM-Lab 4: not searched", path)});
    }
    dimensions_.push_back(std::move(dimension));
  }

  /// Whether a value at this path would be read; true where a fault of the spec hides the answer.
  bool is_read(const std::string& path) const {
    return find_at_path(*spec_.object(), path) || !report_.was_read(path) || report_.knows(path) ||
           report_.knows(without_prefixes(path));
  }

  /// "agent.net.critic_optim_spec.lr": agent.net.optim_spec.lr, of which it is the critic's own.
  static std::string without_prefixes(std::string path) {
    for (const std::string_view prefix : {".actor_", ".critic_"})
      for (std::size_t at; (at = path.find(prefix)) != std::string::npos;) path.erase(at + 1, prefix.size() - 1);
    return path;
  }

  std::string unread(const std::string& path) const {
    const auto near = near_name(path, report_.known_paths());
    return fmt::format("nothing is read from {}{}", shortened(path, 120),
                       near ? fmt::format("; did you mean {}?", *near) : "");
  }

  static std::string unknown(const std::string& name) {
    if (name == "grid_search") return "read as __choice, which this path has already";
    std::vector<std::string> names;
    for (const DistributionRow& row : kDistributions) names.emplace_back(row.name);
    if (const auto near = near_name(name, names))
      return fmt::format("no distribution {}; did you mean {}?", json_quoted(name), *near);
    return fmt::format("no distribution {}; there are {}", json_quoted(name), fmt::join(names, ", "));
  }

  /// What is wrong with the arguments; empty when nothing is.
  static std::string read_args(const JsonNode& value, const DistributionRow& row, SearchDimension& out) {
    if (!value.is(Kind::array) || value.elements.empty()) return "a list that is not empty";
    if (row.num_args == 0) {
      out.choices = value.elements;
      return "";
    }
    const std::size_t given = value.elements.size();
    const bool step_left_out = row.distribution == SearchDistribution::qrandint && given == 2;
    const bool base_given = row.logarithmic && given == row.num_args + 1;
    if (given != row.num_args && !step_left_out && !base_given)
      return fmt::format("{} numbers, not {}", row.num_args, given);
    for (const JsonNode& element : value.elements) {
      if (!element.is(Kind::number)) return fmt::format("{} is no number", to_json_line(element));
      if (row.integers && !element.integer()) return fmt::format("{} is no integer", element.text);
      out.args.push_back(element.number);
    }
    if (step_left_out) out.args.push_back(1);
    out.args.resize(row.num_args);
    const bool normal = row.distribution == SearchDistribution::randn || row.distribution == SearchDistribution::qrandn;
    if (normal && out.args[1] <= 0) return "the standard deviation must be > 0";
    if (!normal && out.args[0] >= out.args[1]) return "low must be < high";
    if (row.logarithmic && out.args[0] <= 0) return "low must be > 0 for a logarithm";
    if (row.num_args == 3 && out.args[2] <= 0) return "step must be > 0";
    const double range = normal ? kNormalRange * out.args[1] : out.args[1] - out.args[0];
    if (!std::isfinite(range) || !std::isfinite(out.args[0] + range)) return "the range is too large for a number";
    const double step = row.num_args == 3 ? out.args[2] : row.integers ? 1 : 0;
    if (step > 0 && range / step > kMostNumbers) return fmt::format("more than {:g} numbers", kMostNumbers);
    return "";
  }

  SpecReader& spec_;
  SpecReport& report_;
  std::vector<SearchDimension> dimensions_;
};

}  // namespace

std::string to_string(SearchDistribution distribution) {
  for (const DistributionRow& row : kDistributions)
    if (row.distribution == distribution) return std::string(row.name);
  return "";
}

std::vector<SearchDimension> read_search_space(SpecReader& spec) {
  const JsonNode* search =
      spec.read_json("search", "search block", "what a search samples: PATH__DISTRIBUTION to its arguments");
  if (!search) return {};
  if (!search->is(Kind::object)) {
    spec.problem("search", "expected an object");
    return {};
  }
  SearchReader reader(spec);
  reader.flatten(*search, "");
  return reader.take();
}

}  // namespace slm
