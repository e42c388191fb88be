#include "slm_lab/cli/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/algorithm/registry.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/near_name.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/memory/config.h"
#include "slm_lab/net/activation.h"
#include "slm_lab/net/init.h"
#include "slm_lab/net/loss.h"
#include "slm_lab/net/lr_schedule.h"
#include "slm_lab/net/net_types.h"
#include "slm_lab/net/optimizer.h"
#include "slm_lab/net/registry.h"

namespace slm {
namespace {

using Names = std::vector<std::string>;

/// `missing`: "needs ..."; empty where it runs here.
std::string mark(std::string_view name, std::string_view missing) {
  return missing.empty() ? std::string(name) : fmt::format("{}  ({})", name, missing);
}

Names environments() {
  Names lines;
  for (const std::string& name : env_names()) {
    const EnvEntry& entry = *find_env(name);
    const bool is_old_atari = entry.name == "ALE/" && !name.starts_with(entry.name);  // hundreds
    if (!is_old_atari) lines.push_back(mark(name, entry.available() ? "" : entry.why));
  }
  lines.push_back("gymnasium:ID, any environment of Gymnasium in Python (docs/environments.md)");
  lines.push_back("and the older ids of Atari games: Pong-v0, Pong-v4, PongNoFrameskip-v4 ... (docs/environments.md)");
  return lines;
}

Names algorithms() {
  Names lines;
  for (const AlgorithmEntry& entry : algorithm_table()) lines.emplace_back(entry.name);
  return lines;
}

Names activations() {
  Names lines;
  for (const ActivationEntry& entry : kActivations) lines.emplace_back(entry.name);
  return lines;
}

Names net_types() {
  Names lines;
  for (const std::string& name : net_type_names()) lines.push_back(mark(name, missing_for_net(name)));
  return lines;
}

struct Kind {
  std::string name;
  Names (*list)();
};
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table = {
      {"env", environments},
      {"algorithm", algorithms},
      {"memory", [] { return memory_names(); }},
      {"net", net_types},
      {"activation", activations},
      {"optimizer", optimizer_names},
      {"lr_scheduler", lr_schedule_names},
      {"loss", loss_names},
      {"init_fn", init_names},
  };
  return table;
}

void print(const Kind& kind) {
  fmt::print("{}\n", kind.name);
  for (const std::string& line : kind.list()) fmt::print("  {}\n", line);
}

int names(const std::string& wanted) {
  for (const Kind& kind : kinds())
    if (wanted.empty() || wanted == kind.name) print(kind);
  const Names known = name_kinds();
  if (wanted.empty() || std::find(known.begin(), known.end(), wanted) != known.end()) return 0;
  const auto near = near_name(wanted, known);
  throw SpecError(fmt::format("names {}: expected one of {}{}", wanted, fmt::join(known, ", "),
                              near ? fmt::format("; did you mean {}?", *near) : ""));
}

}  // namespace

std::vector<std::string> name_kinds() {
  Names known;
  for (const Kind& kind : kinds()) known.push_back(kind.name);
  return known;
}

std::function<int()> add_names(CLI::App& app, const Invocation&) {
  auto kind = std::make_shared<std::string>();
  app.add_option("kind", *kind,
                 "env, algorithm, memory, net, activation, optimizer, lr_scheduler, loss or init_fn; "
                 "default: all");
  return [kind] { return names(*kind); };
}

}  // namespace slm
