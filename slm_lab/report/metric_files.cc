#include "slm_lab/report/metric_files.h"

#include <fmt/format.h>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
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

Json session_scalar(const SessionMetrics& session) {
  Json json = scalars(session.scalar);
  json["episode_return_ma100"] = session.episode_return_ma100;
  json["eval_return_d100"] = session.eval_return_d100.mean;
  json["eval_return_d100_std"] = session.eval_return_d100.std;
  json["eval_return_d100_n"] = session.eval_return_d100.n;
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

std::string session_metrics_json(const SessionMetrics& session) {
  Json json;
  json["scalar"] = session_scalar(session);
  for (const Series& series : kSeries) json["local"][series.name] = session.*series.values;
  return json_file_text(json);
}

std::string trial_metrics_scalar_json(const TrialMetrics& trial) { return json_file_text(trial_scalar(trial)); }

std::string trial_metrics_json(const TrialMetrics& trial, std::span<const SessionMetrics> sessions) {
  Json json;
  json["scalar"] = trial_scalar(trial);
  for (const Series& series : kSeries) {
    Json& out = json["local"][series.name] = Json::array();
    const bool is_axis = series.values == &SessionMetrics::frames || series.values == &SessionMetrics::opt_steps;
    if (is_axis && !sessions.empty())
      out = sessions[0].*series.values;  // all sessions log at the same frames
    else
      for (const SessionMetrics& session : sessions) out.push_back(session.*series.values);
  }
  json["local"]["consistencies"] = trial.consistencies;
  return json_file_text(json);
}

SessionMetrics read_session_metrics(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  try {
    const Json json = Json::parse(text);
    SessionMetrics session;
    const Json& scalar = json.at("scalar");
    for (const ScalarName& name : kScalars)
      session.scalar.*name.value = number_or_nan(scalar.at(std::string(name.name)));
    session.episode_return_ma100 = number_or_nan(scalar.at("episode_return_ma100"));
    session.eval_return_d100.mean = number_or_nan(scalar.at("eval_return_d100"));
    session.eval_return_d100.std = number_or_nan(scalar.at("eval_return_d100_std"));
    session.eval_return_d100.n = scalar.at("eval_return_d100_n").get<int>();
    for (const Series& series : kSeries)
      for (const Json& value : json.at("local").at(series.name))
        (session.*series.values).push_back(number_or_nan(value));
    return session;
  } catch (const Json::exception& error) {
    throw Error(ExitCode::corrupt, fmt::format("{}: not a session_metrics file ({})", file.string(), error.what()));
  }
}

}  // namespace slm
