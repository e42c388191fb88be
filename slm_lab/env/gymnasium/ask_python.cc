#include "slm_lab/env/gymnasium/ask_python.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <numeric>
#include <vector>

#include "slm_lab/base/build_info.h"
#include "slm_lab/env/gymnasium/python_process.h"
#include "slm_lab/env/missing_part.h"
#include "slm_lab/spec/json.h"

namespace slm {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Of the clone: the launcher says it.
std::string root() {
  const std::string said = variable("SLM_LAB_ROOT");
  return said.empty() ? source_dir() : said;
}

/// A file that isn't in the current folder may be one of ours, as a spec file may.
std::string found_module(const std::string& module) {
  std::error_code ignored;
  const std::string ours = root() + "/" + module;
  const bool is_ours =
      module.ends_with(".py") && !std::filesystem::exists(module, ignored) && std::filesystem::exists(ours, ignored);
  return is_ours ? ours : module;
}

std::vector<std::string> pythons() {
  if (const std::string chosen = variable("SLM_PYTHON"); !chosen.empty()) return {chosen};
  std::vector<std::string> found;
  for (const std::string& folder : {variable("VIRTUAL_ENV"), variable("CONDA_PREFIX"), root() + "/.deps/gymnasium"}) {
    const std::string python = folder + "/bin/python";
    std::error_code ignored;
    if (!folder.empty() && std::filesystem::exists(python, ignored)) found.push_back(python);
  }
  found.emplace_back("python3");
  return found;
}

[[noreturn]] void refuse_without_gymnasium(const std::string& id, const std::vector<std::string>& tried) {
  if (const std::string chosen = variable("SLM_PYTHON"); !chosen.empty())
    throw Error(ExitCode::missing,
                fmt::format("gymnasium:{}: needs Gymnasium in Python, which SLM_PYTHON = {} has not; install it there "
                            "(pip install gymnasium), or unset SLM_PYTHON",
                            id, chosen));
  throw MissingPart(fmt::format("gymnasium:{}: needs Gymnasium in Python; install it with: ./slm-lab setup gymnasium, "
                                "or name a Python that has it in SLM_PYTHON (tried: {})",
                                id, fmt::join(tried, ", ")),
                    "gymnasium");
}

float bound(const JsonNode& node) {
  if (!node.is(JsonNode::Kind::string)) return static_cast<float>(node.number);
  const float infinity = std::numeric_limits<float>::infinity();
  return node.text == "inf" ? infinity : node.text == "-inf" ? -infinity : std::nanf("");
}

/// One bound for all, or one for each.
std::vector<float> bounds(const JsonNode& space, const char* key, std::size_t size) {
  const JsonNode& node = *space.find(key);
  if (!node.is(JsonNode::Kind::array)) return std::vector<float>(size, bound(node));
  std::vector<float> values;
  for (const JsonNode& element : node.elements) values.push_back(bound(element));
  ensure(values.size() == size, "as many bounds as numbers");
  return values;
}

/// Pixels as cameras give them; stacked gray frames and the like have their channels in front already.
bool are_channels_last(const std::vector<std::int64_t>& shape) {
  constexpr int kMaxChannels = 4;
  return shape.size() == 3 && shape[2] <= kMaxChannels && shape[0] > kMaxChannels;
}

GymnasiumFacts facts_of(const JsonNode& answer) {
  GymnasiumFacts facts;
  const JsonNode &obs = *answer.find("obs"), &action = *answer.find("action");
  std::vector<std::int64_t> shape;
  for (const JsonNode& axis : obs.find("shape")->elements) shape.push_back(axis.integer().value());
  if (obs.find("bytes")->boolean) {
    facts.channels_last = are_channels_last(shape);
    if (facts.channels_last) std::ranges::rotate(shape, shape.end() - 1);
    facts.obs = Space::bytes(std::move(shape));
  } else {
    const auto size =
        static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
    facts.obs = Space::box(bounds(obs, "low", size), bounds(obs, "high", size));
  }
  facts.obs_is_float64 = obs.find("float64")->boolean;
  if (action.find("kind")->text == "discrete") {
    facts.action = Space::discrete(static_cast<int>(action.find("n")->integer().value()));
  } else {
    const auto size = static_cast<std::size_t>(action.find("size")->integer().value());
    facts.action = Space::box(bounds(action, "low", size), bounds(action, "high", size));
  }
  facts.max_episode_steps = static_cast<int>(answer.find("max_episode_steps")->integer().value());
  return facts;
}

}  // namespace

std::string wanted_environment(const GymnasiumKwargs& kwargs) {
  std::string wrappers;
  for (const std::string& wrapper : kwargs.wrappers) wrappers += (wrappers.empty() ? "" : ", ") + json_quoted(wrapper);
  return fmt::format(R"({{"id": {}, "module": {}, "kwargs": {}, "wrappers": [{}], "drawn": {}}})",
                     json_quoted(kwargs.id), json_quoted(found_module(kwargs.module)), kwargs.kwargs, wrappers,
                     kwargs.drawn);
}

GymnasiumFacts read_facts(const std::string& answer) {
  const JsonNode node = parse_json(answer, "worker.py");
  if (const JsonNode* refused = node.find("refused")) throw GymnasiumRefusal(refused->text, node.find("text")->text);
  return facts_of(node);
}

GymnasiumFacts ask_python(const GymnasiumKwargs& kwargs) {
  const std::string who = "gymnasium:" + kwargs.id;
  const std::vector<std::string> tried = pythons();
  for (const std::string& python : tried) {
    try {
      PythonProcess process(who, python, /*memory=*/-1, std::chrono::duration<double>(kwargs.timeout));
      process.send_text(wanted_environment(kwargs));
      GymnasiumFacts facts = read_facts(process.receive_text());
      facts.python = python;
      return facts;
    } catch (const GymnasiumRefusal& refusal) {
      if (refusal.key() != "python") throw;
    } catch (const Error& error) {
      if (error.code() != ExitCode::missing || !variable("SLM_PYTHON").empty()) throw;  // else: no such program
    }
  }
  refuse_without_gymnasium(kwargs.id, tried);
}

}  // namespace slm
