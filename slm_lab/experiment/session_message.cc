#include "slm_lab/experiment/session_message.h"

#include <cmath>

#include "slm_lab/report/phase_json.h"

namespace slm {

std::string SessionMessage::to_line() const {
  Json json = {{"kind", static_cast<int>(kind)}, {"frame", frame}};
  if (asks) json["asks"] = true;
  if (!text.empty()) json["text"] = text;
  if (!details.empty()) json["details"] = details;
  if (fps > 0) json["fps"] = fps;
  if (seconds > 0) json["seconds"] = seconds;
  if (total(phase_seconds) > 0) json["profile"] = phase_json(phase_seconds);
  if (std::isfinite(total_reward_ma)) json["total_reward_ma"] = total_reward_ma;
  if (std::isfinite(return_ma)) json["return_ma"] = return_ma;
  if (std::isfinite(best)) json["best"] = best;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

SessionMessage SessionMessage::from_line(const std::string& line) {
  const Json json = Json::parse(line);
  SessionMessage message;
  message.kind = static_cast<Kind>(json.at("kind").get<int>());
  message.frame = json.at("frame").get<std::int64_t>();
  message.asks = json.value("asks", message.asks);
  message.text = json.value("text", message.text);
  message.details = json.value("details", message.details);
  message.fps = json.value("fps", message.fps);
  message.seconds = json.value("seconds", message.seconds);
  if (const auto profile = json.find("profile"); profile != json.end()) message.phase_seconds = read_phases(*profile);
  message.total_reward_ma = json.value("total_reward_ma", message.total_reward_ma);
  message.return_ma = json.value("return_ma", message.return_ma);
  message.best = json.value("best", message.best);
  return message;
}

}  // namespace slm
