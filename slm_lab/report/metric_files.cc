#include "slm_lab/report/metric_files.h"

#include "slm_lab/report/json_file.h"

namespace slm {
namespace {

struct Series {
  const char* name;
  std::vector<double> SessionMetrics::*values;
};

constexpr std::array kSeries = {
    Series{"mean_returns", &SessionMetrics::mean_returns},
    Series{"mean_returns_ma", &SessionMetrics::mean_returns_ma},
    Series{"strengths", &SessionMetrics::strengths},
    Series{"sample_efficiencies", &SessionMetrics::sample_efficiencies},
    Series{"training_efficiencies", &SessionMetrics::training_efficiencies},
    Series{"stabilities", &SessionMetrics::stabilities},
    Series{"frames", &SessionMetrics::frames},
    Series{"opt_steps", &SessionMetrics::opt_steps},
};

Json scalars(const Scalars& values) {
  Json json;
  for (const ScalarName& scalar : kScalars) json[std::string(scalar.name)] = values.*scalar.value;
  return json;
}

Json trial_scalar(const TrialMetrics& trial) {
  Json json;
  json["frame"] = trial.frame;
  json.update(scalars(trial.scalar));
  json["consistency"] = trial.consistency;
  json["episode_return_ma100"] = trial.episode_return_ma100;
  json["eval_return_d100"] = trial.eval_return_d100;
  json["total_reward_ma_std"] = trial.total_reward_ma_std;
  const auto pair = [](const Interval& interval) { return Json::array({interval.low, interval.high}); };
  json["total_reward_ma_ci95"] = pair(trial.total_reward_ma_ci95);
  json["episode_return_ma100_ci95"] = pair(trial.episode_return_ma100_ci95);
  json["eval_return_d100_ci95"] = pair(trial.eval_return_d100_ci95);
  return json;
}

}  // namespace

std::string trial_metrics_scalar_json(const TrialMetrics& trial) { return json_file_text(trial_scalar(trial)); }

TrialMetrics parse_trial_metrics_scalar(const std::string& text, const std::string& file) {
  const Json json = parse_json_file(text, file);
  return read_json(file, [&] {
    const auto interval = [&](const char* key) {
      return Interval{number_or_nan(json.at(key).at(0)), number_or_nan(json.at(key).at(1))};
    };
    TrialMetrics trial;
    trial.frame = number_or_nan(json.at("frame"));
    for (const ScalarName& scalar : kScalars)
      trial.scalar.*scalar.value = number_or_nan(json.at(std::string(scalar.name)));
    trial.consistency = number_or_nan(json.at("consistency"));
    trial.episode_return_ma100 = number_or_nan(json.at("episode_return_ma100"));
    trial.eval_return_d100 = number_or_nan(json.at("eval_return_d100"));
    trial.total_reward_ma_std = number_or_nan(json.at("total_reward_ma_std"));
    trial.total_reward_ma_ci95 = interval("total_reward_ma_ci95");
    trial.episode_return_ma100_ci95 = interval("episode_return_ma100_ci95");
    trial.eval_return_d100_ci95 = interval("eval_return_d100_ci95");
    return trial;
  });
}

std::string trial_metrics_json(const TrialMetrics& trial, std::span<const SessionMetrics> sessions) {
  Json json;
  json["scalar"] = trial_scalar(trial);
  Json& local = json["local"];
  for (const Series& series : kSeries) {
    Json& out = local[series.name] = Json::array();
    const bool is_axis = series.values == &SessionMetrics::frames || series.values == &SessionMetrics::opt_steps;
    if (is_axis && !sessions.empty())
      out = sessions[0].*series.values;  // all sessions log at the same frames
    else
      for (const SessionMetrics& session : sessions) out.push_back(session.*series.values);
  }
  local["consistencies"] = trial.consistencies;
  local["scalars"] = Json::array();
  for (const SessionMetrics& session : sessions) local["scalars"].push_back(scalars(session.scalar));
  return json_file_text(json);
}

}  // namespace slm
