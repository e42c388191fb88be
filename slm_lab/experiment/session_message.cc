#include "slm_lab/experiment/session_message.h"

#include "slm_lab/report/phase_json.h"

namespace slm {

std::string SessionMessage::to_line() const {
  Json json = {{"kind", static_cast<int>(kind)},     {"frame", frame},         {"fps", fps},  {"seconds", seconds},
               {"total_reward_ma", total_reward_ma}, {"return_ma", return_ma}, {"best", best}};  // NaN becomes null
  if (!text.empty()) json["text"] = text;
  if (!details.empty()) json["details"] = details;
  if (phase_seconds) json["profile"] = phase_json(*phase_seconds);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

SessionMessage SessionMessage::from_line(const std::string& line) {
  const Json json = Json::parse(line);
  SessionMessage message;
  message.kind = static_cast<Kind>(json.at("kind").get<int>());
  message.text = json.value("text", "");
  message.details = json.value("details", "");
  message.frame = json.at("frame").get<std::int64_t>();
  message.fps = json.at("fps").get<double>();
  message.seconds = json.at("seconds").get<double>();
  if (json.contains("profile")) message.phase_seconds = read_phases(json["profile"]);
  message.total_reward_ma = number_or_nan(json.at("total_reward_ma"));
  message.return_ma = number_or_nan(json.at("return_ma"));
  message.best = number_or_nan(json.at("best"));
  return message;
}

}  // namespace slm
