#include "slm_lab/report/benchmark_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "slm_lab/base/error.h"
#include "slm_lab/report/json_file.h"

namespace slm {
namespace {

Json session_json(const BenchmarkSession& session) {
  Json json;
  json["session"] = session.session;
  json["total_reward_ma"] = session.total_reward_ma;
  json["ma100"] = session.ma100;
  json["d100"] = Json{{"mean", session.d100.mean}, {"std", session.d100.std}, {"n", session.d100.n}};
  json["frames"] = session.frames;
  json["seconds"] = session.seconds;
  json["fps"] = session.fps();
  json["weights_sha256"] = session.weights_sha256;
  return json;
}

BenchmarkSession parse_session(const Json& json) {
  const Json& d100 = json.at("d100");
  return {.session = json.at("session"),
          .total_reward_ma = number_or_nan(json.at("total_reward_ma")),
          .ma100 = number_or_nan(json.at("ma100")),
          .d100 = {number_or_nan(d100.at("mean")), number_or_nan(d100.at("std")), d100.at("n")},
          .frames = json.at("frames"),
          .seconds = json.at("seconds"),
          .weights_sha256 = json.at("weights_sha256")};
}

}  // namespace

int BenchmarkResult::sessions_done() const {
  return static_cast<int>(std::ranges::count_if(sessions, &BenchmarkSession::done));
}

bool BenchmarkResult::under_way() const { return failures.empty() && sessions_done() < num_sessions; }

bool BenchmarkResult::finished() const { return failures.empty() && sessions_done() == num_sessions; }

std::int64_t BenchmarkResult::frames() const {
  std::int64_t sum = 0;
  for (const BenchmarkSession& session : sessions) sum += session.frames;
  return sum;
}

std::vector<double> BenchmarkResult::values(double BenchmarkSession::*value) const {
  std::vector<double> out;
  for (const BenchmarkSession& session : sessions) out.push_back(session.*value);
  return out;
}

std::vector<double> BenchmarkResult::d100() const {
  std::vector<double> out;
  for (const BenchmarkSession& session : sessions) out.push_back(session.d100.mean);
  return out;
}

bool replaces(const BenchmarkResult& result, const std::optional<BenchmarkResult>& shown) {
  if (result.sessions.empty() && result.failures.empty()) return false;
  if (!shown) return true;
  if (result.overrides.empty() != shown->overrides.empty()) return result.overrides.empty();
  if (!result.under_way() || !shown->failures.empty()) return true;
  if (shown->finished()) return false;
  const auto progress = [](const BenchmarkResult& r) { return std::pair(r.frames(), r.sessions_done()); };
  return progress(result) > progress(*shown);
}

std::string benchmark_result_json(const BenchmarkResult& result) {
  Json json;
  json["row"] = result.row;
  json["spec_file"] = result.spec_file;
  json["spec_name"] = result.spec_name;
  json["spec_hash"] = result.spec_hash;
  json["overrides"] = result.overrides;
  json["seed"] = result.seed;
  json["num_sessions"] = result.num_sessions;
  json["max_frame"] = result.max_frame;
  json["version"] = result.version;
  json["git_revision"] = result.git_revision;
  json["cpu"] = result.cpu;
  json["cores"] = result.cores;
  json["kernel"] = result.kernel;
  json["date"] = result.date;
  json["wall_seconds"] = result.wall_seconds;
  json["sessions"] = Json::array();
  for (const BenchmarkSession& session : result.sessions) json["sessions"].push_back(session_json(session));
  json["failures"] = Json::array();
  for (const BenchmarkFailure& failure : result.failures)
    json["failures"].push_back(Json{{"session", failure.session}, {"reason", failure.reason}});
  return json_file_text(json);
}

BenchmarkResult parse_benchmark_result(std::string_view text, std::string_view file) {
  try {
    const Json json = Json::parse(text);
    BenchmarkResult result;
    result.row = json.at("row");
    result.spec_file = json.at("spec_file");
    result.spec_name = json.at("spec_name");
    result.spec_hash = json.at("spec_hash");
    result.overrides = json.at("overrides").get<std::vector<std::string>>();
    result.seed = json.at("seed");
    result.num_sessions = json.at("num_sessions");
    result.max_frame = json.value("max_frame", std::int64_t{0});  // earlier programs kept what was done alone
    result.version = json.at("version");
    result.git_revision = json.at("git_revision");
    result.cpu = json.at("cpu");
    result.cores = json.at("cores");
    result.kernel = json.at("kernel");
    result.date = json.at("date");
    result.wall_seconds = json.at("wall_seconds");
    for (const Json& session : json.at("sessions")) result.sessions.push_back(parse_session(session));
    for (const Json& failure : json.at("failures"))
      result.failures.push_back({failure.at("session"), failure.at("reason")});
    return result;
  } catch (const Json::exception& error) {
    throw Error(ExitCode::corrupt,
                fmt::format("{}: not a benchmark result ({}); remove it and run the row again", file, error.what()));
  }
}

}  // namespace slm
