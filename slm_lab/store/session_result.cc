#include "slm_lab/store/session_result.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"

namespace slm {
namespace {

double number(const nlohmann::json& json, const char* key) {
  return json.at(key).is_null() ? Scalars::kNone : json.at(key).get<double>();
}

}  // namespace

void write_session_result(const DataFolder& folder, int trial, int session, const SessionResult& result) {
  nlohmann::ordered_json json;
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
  write_file_durably(folder.session_result(trial, session), json.dump(2) + "\n");
}

std::optional<SessionResult> read_session_result(const DataFolder& folder, int trial, int session) {
  const std::filesystem::path file = folder.session_result(trial, session);
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    const auto json = nlohmann::json::parse(read_file(file));
    SessionResult result;
    result.frame = json.at("frame");
    result.episodes = json.at("episodes");
    result.opt_step = json.at("opt_step");
    result.total_reward_ma = number(json, "total_reward_ma");
    if (json.contains("best_total_reward_ma")) result.best_total_reward_ma = number(json, "best_total_reward_ma");
    result.ma100 = number(json, "ma100");
    result.d100 = {number(json.at("d100"), "mean"), number(json.at("d100"), "std"), json.at("d100").at("n")};
    result.weights_sha256 = json.at("weights_sha256");
    result.seconds = json.at("seconds");
    return result;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ExitCode::corrupt, fmt::format("{}: {}; remove it to finish the session again from its checkpoint",
                                               file.string(), error.what()));
  }
}

}  // namespace slm
