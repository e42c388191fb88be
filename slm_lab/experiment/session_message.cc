#include "slm_lab/experiment/session_message.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace slm {

namespace {

double number_or_nan(const nlohmann::json& json, const char* key) {
  return json[key].is_null() ? std::numeric_limits<double>::quiet_NaN() : json[key].get<double>();
}

}  // namespace

std::string SessionMessage::to_line() const {
  const nlohmann::json json = {{"kind", static_cast<int>(kind)},
                               {"text", text},
                               {"details", details},
                               {"frame", frame},
                               {"fps", fps},
                               {"seconds", seconds},
                               {"return_ma", return_ma},
                               {"best", best}};  // NaN becomes null
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

SessionMessage SessionMessage::from_line(const std::string& line) {
  const nlohmann::json json = nlohmann::json::parse(line);
  SessionMessage message;
  message.kind = static_cast<Kind>(json["kind"].get<int>());
  message.text = json["text"].get<std::string>();
  message.details = json["details"].get<std::string>();
  message.frame = json["frame"].get<std::int64_t>();
  message.fps = json["fps"].get<double>();
  message.seconds = json["seconds"].get<double>();
  message.return_ma = number_or_nan(json, "return_ma");
  message.best = number_or_nan(json, "best");
  return message;
}

}  // namespace slm
