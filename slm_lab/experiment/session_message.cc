#include "slm_lab/experiment/session_message.h"

#include "slm_lab/report/phase_json.h"

namespace slm {

std::string SessionMessage::to_line() const {
  const Json json = {{"kind", static_cast<int>(kind)},
                     {"text", text},
                     {"details", details},
                     {"frame", frame},
                     {"fps", fps},
                     {"seconds", seconds},
                     {"profile", phase_json(phase_seconds)},
                     {"total_reward_ma", total_reward_ma},
                     {"return_ma", return_ma},
                     {"best", best}};  // NaN becomes null
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

SessionMessage SessionMessage::from_line(const std::string& line) {
  const Json json = Json::parse(line);
  SessionMessage message;
  message.kind = static_cast<Kind>(json.at("kind").get<int>());
  message.text = json.at("text").get<std::string>();
  message.details = json.at("details").get<std::string>();
  message.frame = json.at("frame").get<std::int64_t>();
  message.fps = json.at("fps").get<double>();
  message.seconds = json.at("seconds").get<double>();
  message.phase_seconds = read_phases(json.at("profile"));
  message.total_reward_ma = number_or_nan(json.at("total_reward_ma"));
  message.return_ma = number_or_nan(json.at("return_ma"));
  message.best = number_or_nan(json.at("best"));
  return message;
}

}  // namespace slm
