#include "slm_lab/hub/model_card.h"

#include <fmt/format.h>

#include <cmath>

#include "slm_lab/report/json_file.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

constexpr double kNormal95 = 1.96;  // half the 95 % interval of a mean, in standard errors

std::string quoted(const std::string& text) { return Json(text).dump(); }  // a string of YAML too

std::string interval(const EvalReturn& d100) {
  return fmt::format("{:.2f} ± {:.2f}", d100.mean, kNormal95 * d100.std / std::sqrt(d100.n));
}

}  // namespace

std::string model_card(const PlayedRun& run, const std::string& repo) {
  const std::string& name = run.folder.spec_name();
  const std::string& env = run.spec.env.name;
  const std::string& algorithm = run.spec.agent.algorithm_name;
  std::string card = fmt::format(
      "---\nlibrary_name: slm-lab\ntags: [reinforcement-learning, deep-reinforcement-learning, slm-lab, {}, {}]\n",
      quoted(env), quoted(algorithm));
  std::string table;
  for (int session = 0; session < run.spec.meta.max_session; ++session) {
    const auto result = read_session_result(run.folder, run.trial, session);
    if (!result || result->d100.n == 0) continue;
    table += fmt::format("| {}{} | {} | {:.2f} | {:.2f} | {} |\n", session, session == run.session ? " (this one)" : "",
                         result->frame, result->total_reward_ma, result->ma100, interval(result->d100));
    if (session != run.session) continue;
    card += fmt::format(
        "model-index:\n- name: {}\n  results:\n  - task: {{type: reinforcement-learning, name: Reinforcement "
        "Learning}}\n"
        "    dataset: {{name: {}, type: {}}}\n"
        "    metrics: [{{type: mean_reward, name: mean_reward, value: \"{:.2f} +/- {:.2f}\", verified: false}}]\n",
        quoted(name), quoted(env), quoted(env), result->d100.mean, result->d100.std);
  }
  card += fmt::format("---\n# {} on {}: `{}`\n\nTrained by slm-lab from `spec.json`.\n\n", algorithm, env, name);
  if (!table.empty())
    card +=
        "| session | frames | `total_reward_ma` | MA-100 | D-100, 95 % interval |\n|---|---|---|---|---|\n" + table +
        "\nD-100 is the mean return of 100 fresh episodes of the final policy without exploration, MA-100 that of the "
        "last 100 training episodes.\n\n";
  card += fmt::format(
      "```python\nimport gymnasium, slm_lab\nfrom huggingface_hub import snapshot_download\n"
      "policy = slm_lab.load_policy(snapshot_download({}))\nenv = gymnasium.make(policy.env)\n"
      "action = policy(env.reset()[0])\n```\n\nNothing in these files can be executed.\n",
      quoted(repo));
  return card;
}

}  // namespace slm
