#include "slm_lab/store/session_result.h"

#include "slm_lab/base/file.h"
#include "slm_lab/report/json_file.h"
#include "slm_lab/report/phase_json.h"

namespace slm {

namespace {

namespace fs = std::filesystem;

Json to_json(const SessionResult& result) {
  Json json;
  json["frame"] = result.frame;
  json["episodes"] = result.episodes;
  json["opt_step"] = result.opt_step;
  json["total_reward_ma"] = result.total_reward_ma;
  json["best_total_reward_ma"] = result.best_total_reward_ma;
  json["ma100"] = result.ma100;
  json["d100"] = {{"mean", result.d100.mean}, {"std", result.d100.std}, {"n", result.d100.n}};
  json["weights_sha256"] = result.weights_sha256;
  json["seconds"] = result.seconds;
  json["fps"] = result.fps();
  json["profile"] = phase_json(result.phase_seconds);
  return json;
}

SessionResult from_json(const Json& json) {
  SessionResult result;
  result.frame = json.at("frame");
  result.episodes = json.at("episodes");
  result.opt_step = json.at("opt_step");
  result.total_reward_ma = number_or_nan(json.at("total_reward_ma"));
  if (json.contains("best_total_reward_ma"))
    result.best_total_reward_ma = number_or_nan(json.at("best_total_reward_ma"));
  result.ma100 = number_or_nan(json.at("ma100"));
  const Json& d100 = json.at("d100");
  result.d100 = {number_or_nan(d100.at("mean")), number_or_nan(d100.at("std")), d100.at("n")};
  result.weights_sha256 = json.at("weights_sha256");
  result.seconds = json.at("seconds");
  result.phase_seconds = json.contains("profile") ? read_phases(json.at("profile")) : undivided(result.seconds);
  return result;
}

}  // namespace

void write_session_result(const DataFolder& folder, int trial, int session, const SessionResult& result) {
  write_file_durably(folder.session_result(trial, session), json_file_text(to_json(result)));
}

void write_trial_results(const DataFolder& folder, int trial, const std::string& metrics,
                         const std::map<int, SessionResult>& sessions) {
  const fs::path file = folder.trial_metrics(trial);
  Json json = parse_json_file(metrics, file.string());
  json["sessions"] = Json::object();
  for (const auto& [session, result] : sessions) json["sessions"][std::to_string(session)] = to_json(result);
  write_file_durably(file, json_file_text(json));
}

std::optional<SessionResult> read_session_result(const DataFolder& folder, int trial, int session) {
  constexpr const char* kAdvice = "; move it away to finish the session again from its checkpoint";
  if (const fs::path file = folder.session_result(trial, session); file_exists(file)) {
    const Json json = parse_json_file(read_file(file), file.string());
    return read_json(
        file.string(), [&] { return from_json(json); }, kAdvice);
  }
  const fs::path file = folder.trial_metrics(trial);
  if (!file_exists(file)) return std::nullopt;
  const Json json = parse_json_file(read_file(file), file.string());
  return read_json(file.string(), [&]() -> std::optional<SessionResult> {
    const Json sessions = json.value("sessions", Json::object());  // a version before wrote none
    const auto found = sessions.find(std::to_string(session));
    return found == sessions.end() ? std::nullopt : std::optional(from_json(*found));
  });
}

bool all_sessions_done(const DataFolder& folder, int trial, int sessions) {
  for (int session = 0; session < sessions; ++session)
    if (!read_session_result(folder, trial, session)) return false;
  return true;
}

}  // namespace slm
