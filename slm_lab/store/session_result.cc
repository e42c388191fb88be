#include "slm_lab/store/session_result.h"

#include "slm_lab/base/file.h"
#include "slm_lab/report/json_file.h"

namespace slm {

void write_session_result(const DataFolder& folder, int trial, int session, const SessionResult& result) {
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
  write_file_durably(folder.session_result(trial, session), json_file_text(json));
}

std::optional<SessionResult> read_session_result(const DataFolder& folder, int trial, int session) {
  const std::filesystem::path file = folder.session_result(trial, session);
  if (!file_exists(file)) return std::nullopt;
  const Json json = parse_json_file(read_file(file), file.string());
  const auto read = [&] {
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
    return result;
  };
  return read_json(file.string(), read, "; move it away to finish the session again from its checkpoint");
}

}  // namespace slm
