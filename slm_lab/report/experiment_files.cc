#include "slm_lab/report/experiment_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "slm_lab/report/json_file.h"
#include "slm_lab/report/number_text.h"
#include "slm_lab/report/table.h"

namespace slm {
namespace {

constexpr double kLowest = -std::numeric_limits<double>::infinity();
constexpr std::size_t kMaxFailedShown = 5;
constexpr std::size_t kMaxReason = 100;  // characters in a table

struct Number {
  std::string name;
  double value;
};

/// In SLM-Lab's order.
std::vector<Number> numbers_of(const TrialMetrics& metrics) {
  std::vector<Number> numbers = {{"frame", metrics.frame}};
  for (const ScalarName& scalar : kScalars) numbers.push_back({std::string(scalar.name), metrics.scalar.*scalar.value});
  numbers.push_back({"consistency", metrics.consistency});
  return numbers;
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\n") == field.npos) return field;
  std::string text = "\"";
  for (const char c : field) text.append(c == '"' ? 2 : 1, c);
  return text + "\"";
}

/// As Python would print it, so that pandas reads a string as a string.
std::string csv_value(const std::string& json) {
  if (json.size() >= 2 && json.front() == '"') return quoted(Json::parse(json).get<std::string>());
  return quoted(json);
}

/// For a table: no more digits than one reads.
std::string short_value(const std::string& json) {
  const Json value = Json::parse(json);
  return value.is_number_float() ? fmt::format("{:.4g}", value.get<double>()) : json;
}

std::string number_text(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

/// SLM-Lab sorts its parameters by name.
std::vector<std::size_t> by_name(std::span<const std::string> names) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  return order;
}

double score_of(const ExperimentTrial& trial) {
  return has_score(trial) ? trial.metrics.scalar.total_reward_ma : kLowest;
}

}  // namespace

std::vector<std::string> short_names(std::span<const std::string> names) {
  const auto tail = [](const std::string& name, int words) {
    std::size_t at = name.size();
    for (int word = 0; word < words && at != name.npos && at > 0; ++word) at = name.rfind('.', at - 1);
    return at == name.npos || at == 0 ? name : name.substr(at + 1);
  };
  std::vector<std::string> out;
  for (const std::string& name : names) {
    int words = 1;
    while (tail(name, words) != name && std::ranges::count_if(names, [&](const std::string& other) {
                                          return tail(other, words) == tail(name, words);
                                        }) > 1)
      ++words;
    out.push_back(tail(name, words));
  }
  return out;
}

bool has_score(const ExperimentTrial& trial) {
  return trial.state != "failed" && !std::isnan(trial.metrics.scalar.total_reward_ma);
}

bool is_better(const ExperimentTrial& a, const ExperimentTrial& b) {
  if (score_of(a) != score_of(b)) return score_of(a) > score_of(b);
  return a.trial < b.trial;
}

std::string experiment_df_csv(std::span<const std::string> names, std::span<const ExperimentTrial> trials) {
  const std::vector<std::size_t> order = by_name(names);
  std::string text = "trial";
  for (const std::size_t i : order) text += "," + quoted(names[i]);
  for (const Number& number : numbers_of({})) text += "," + number.name;
  text += ",state,reason\n";
  std::vector<const ExperimentTrial*> sorted;
  for (const ExperimentTrial& trial : trials) sorted.push_back(&trial);
  const auto strength = [](const ExperimentTrial* trial) {
    return std::isnan(trial->metrics.scalar.strength) ? kLowest : trial->metrics.scalar.strength;
  };
  std::ranges::stable_sort(sorted, [&](const auto* a, const auto* b) { return strength(a) > strength(b); });
  for (const ExperimentTrial* trial : sorted) {
    text += std::to_string(trial->trial);
    for (const std::size_t i : order) text += "," + csv_value(trial->values.at(i));
    for (const Number& number : numbers_of(trial->metrics)) text += "," + number_text(number.value);
    text += "," + trial->state + "," + quoted(trial->reason) + "\n";
  }
  return text;
}

std::string trial_data_dict_json(std::span<const std::string> names, std::span<const ExperimentTrial> trials) {
  Json json = Json::object();
  for (const ExperimentTrial& trial : trials) {
    Json& entry = json[std::to_string(trial.trial)];
    for (const std::size_t i : by_name(names)) entry[names[i]] = Json::parse(trial.values.at(i));
    for (const Number& number : numbers_of(trial.metrics)) entry[number.name] = number.value;
    entry["state"] = trial.state;
    if (!trial.reason.empty()) entry["reason"] = trial.reason;
  }
  return json_file_text(json);
}

std::string experiment_table(std::span<const std::string> names, std::span<const ExperimentTrial> trials,
                             std::size_t num_best) {
  std::vector<ExperimentTrial> ranked(trials.begin(), trials.end());
  std::sort(ranked.begin(), ranked.end(), is_better);
  std::vector<std::vector<std::string>> rows;
  const bool intervals = std::ranges::any_of(
      ranked, [](const ExperimentTrial& trial) { return !std::isnan(trial.metrics.total_reward_ma_ci95.low); });
  for (const ExperimentTrial& trial : ranked) {
    if (rows.size() == num_best || !has_score(trial)) break;
    const Interval& ci95 = trial.metrics.total_reward_ma_ci95;
    std::vector<std::string> row = {fmt::format("t{}", trial.trial), return_text(trial.metrics.scalar.total_reward_ma)};
    if (intervals) row.push_back(fmt::format("{} to {}", return_text(ci95.low), return_text(ci95.high)));
    for (const std::string& cell :
         {return_text(trial.metrics.scalar.strength), count_text(trial.metrics.frame), trial.state})
      row.push_back(cell);
    for (const std::string& value : trial.values) row.push_back(short_value(value));
    rows.push_back(std::move(row));
  }
  std::vector<std::string> header = {"trial", "total_reward_ma"};
  if (intervals) header.emplace_back("95 % of its mean");
  for (const char* name : {"strength", "frames", "state"}) header.emplace_back(name);
  for (const std::string& name : short_names(names)) header.push_back(name);
  std::string text = rows.empty() ? "" : text_table(header, rows);
  std::size_t failed = 0;
  for (const ExperimentTrial& trial : trials) {
    if (trial.state != "failed" || ++failed > kMaxFailedShown) continue;
    const std::string reason = trial.reason.substr(0, trial.reason.find('\n'));
    text += fmt::format("t{} failed: {}{}\n", trial.trial, reason.substr(0, kMaxReason),
                        reason.size() > kMaxReason ? "..." : "");
  }
  if (failed > kMaxFailedShown) text += fmt::format("and {} more failed\n", failed - kMaxFailedShown);
  return text;
}

}  // namespace slm
