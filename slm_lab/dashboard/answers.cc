#include "slm_lab/dashboard/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/file.h"
#include "slm_lab/dashboard/page.h"
#include "slm_lab/experiment/run_report.h"

namespace slm {
namespace {

constexpr const char* kJson = "application/json; charset=utf-8";
constexpr const char* kText = "text/plain; charset=utf-8";
constexpr std::size_t kMaxLines = 400;              // curves in one picture
constexpr std::size_t kMaxPointsSent = 60'000;      // of all of them
constexpr std::size_t kMaxPointsKept = 12'000'000;  // in memory, at 12 bytes each
constexpr std::size_t kLogBytes = 64 << 10;

HttpResponse response(const char* type, std::string body, int status = 200) {
  return {.status = status, .type = type, .body = std::make_shared<const std::string>(std::move(body))};
}

std::string json_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

double number_or(const std::string& text, double otherwise) {
  double value = otherwise;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() && std::isfinite(value) ? value : otherwise;
}

/// A session whose curve may be drawn.
struct DrawnSession {
  const WatchedRun* run;
  std::string name;
  std::filesystem::path file;
};

void add_sessions_of(const WatchedRun& run, std::vector<DrawnSession>& sessions) {
  const bool is_search = run.overview.kind == "search";
  const int trials = is_search ? std::max(run.overview.max_trial, run.overview.trials) : 1;
  for (int trial = 0; trial < trials; ++trial)
    for (int session = 0; session < run.overview.sessions && sessions.size() <= kMaxLines; ++session) {
      auto file = run.folder.session_csv(trial, session, "train");
      if (stamp_of(file) == FileStamp()) continue;
      sessions.push_back(
          {&run, is_search ? fmt::format("t{}_s{}", trial, session) : fmt::format("s{}", session), std::move(file)});
    }
}

Json table_json(const ReportTable& table) {
  return {{"title", table.title}, {"header", table.header}, {"rows", table.rows}};
}

}  // namespace

HttpResponse Answers::answer(const HttpRequest& request) {
  for (const PageFile& file : page_files())
    if (request.path == file.path) return response(file.type, std::string(file.text));
  if (request.path == "/api/events") return {.events = true};
  if (request.path == "/api/runs") return runs();
  if (request.path == "/api/curves") return curves(request);
  const bool is_log = request.path == "/api/log";
  if (!is_log && request.path != "/api/run") return response(kText, "there is no such page\n", 404);
  const WatchedRun* found = watch_.find(request.value("name"));
  if (found == nullptr) return response(kText, "there is no such run\n", 404);
  try {
    return is_log ? log(*found, request.value("trial", "0")) : run(*found);
  } catch (const std::exception& error) {
    return response(kJson, json_line({{"problem", error.what()}}));
  }
}

std::string Answers::changes(const RunWatch::Changes& changes) {
  runs_ = nullptr;
  std::string text = "{\"runs\":[";
  for (const std::string& name : changes.changed)
    if (const WatchedRun* run = watch_.find(name)) text += run->json + ",";
  if (text.back() == ',') text.pop_back();
  return text + fmt::format("],\"removed\":{},\"waiting\":{}}}", json_line(changes.removed), watch_.num_waiting());
}

HttpResponse Answers::runs() {
  if (!runs_) {
    std::string text =
        fmt::format("{{\"data\":{},\"waiting\":{},\"runs\":[", json_line(watch_.data().string()), watch_.num_waiting());
    for (const auto& [name, run] : watch_.runs()) text += run.json + ",";
    if (text.back() == ',') text.pop_back();
    runs_ = std::make_shared<const std::string>(text + "]}");
  }
  return {.type = kJson, .body = runs_};
}

HttpResponse Answers::run(const WatchedRun& run) const {
  const ReportPage page = run_report(run.folder, /*with_curves=*/false);
  Json json{{"subtitle", page.subtitle},
            {"facts", page.facts},
            {"lines", page.charts.empty() ? Json::array() : lines_json(page.charts[0].lines)},
            {"tables", Json::array()},
            {"texts", Json::array()}};
  for (const ReportTable& table : page.tables) json["tables"].push_back(table_json(table));
  for (const ReportText& text : page.texts) json["texts"].push_back({{"title", text.title}, {"text", text.text}});
  return response(kJson, json_line(json));
}

/// The end of what a trial printed, from the beginning of a line on.
HttpResponse Answers::log(const WatchedRun& run, const std::string& trial) const {
  int number = -1;
  const auto [end, failure] = std::from_chars(trial.data(), trial.data() + trial.size(), number);
  if (failure != std::errc() || end != trial.data() + trial.size() || number < 0)
    return response(kText, "there is no such trial\n", 404);
  const auto file = run.folder.trial_log(number);
  if (!file_exists(file)) return response(kJson, json_line({{"text", ""}}));
  Descriptor in(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  const std::uint64_t size = in.size();
  std::string text(std::min<std::uint64_t>(size, kLogBytes), '\0');
  in.seek(size - text.size());
  text.resize(in.read(std::as_writable_bytes(std::span(text))));
  if (text.size() < size) text.erase(0, text.find('\n') + 1);
  return response(kJson, json_line({{"text", text}}));
}

HttpResponse Answers::curves(const HttpRequest& request) {
  const std::string metric = request.value("metric", "total_reward_ma");
  const std::string over = request.value("over") == "wall_t" ? "wall_t" : "frame";
  constexpr double kEverywhere = std::numeric_limits<double>::max();
  const double from = number_or(request.value("from"), -kEverywhere), to = number_or(request.value("to"), kEverywhere);
  const double width = std::clamp(number_or(request.value("width"), 1000), 100.0, 4000.0);  // columns of the picture
  std::vector<DrawnSession> sessions;
  for (const std::string& name : request.values("run"))
    if (const WatchedRun* run = watch_.find(name)) add_sessions_of(*run, sessions);
  const bool too_many = sessions.size() > kMaxLines;
  sessions.resize(std::min(sessions.size(), kMaxLines), {});
  const std::size_t columns =
      std::min(static_cast<std::size_t>(width), kMaxPointsSent / 2 / std::max<std::size_t>(sessions.size(), 1));

  std::vector<std::string> metrics, problems;
  std::size_t num_points = 0;
  std::string lines;
  for (const DrawnSession& session : sessions) {
    try {
      const Series& curve = series(session.file, over, metric);
      for (const std::string& column : curve.columns())
        if (std::ranges::find(metrics, column) == metrics.end()) metrics.push_back(column);
      num_points += curve.x().size();
      lines += fmt::format("{}{{\"run\":{},\"name\":{},\"points\":[", lines.empty() ? "" : ",",
                           json_line(session.run->overview.name), json_line(session.name));
      for (const std::size_t i : points_to_draw(curve.x(), curve.y(), from, to, columns))
        fmt::format_to(std::back_inserter(lines), "[{},{}],", curve.x()[i], curve.y()[i]);
      if (lines.back() == ',') lines.pop_back();
      lines += "]}";
    } catch (const std::exception& error) {
      problems.emplace_back(error.what());
    }
  }
  if (too_many) problems.push_back(fmt::format("only the first {} curves are drawn", kMaxLines));
  return response(kJson, fmt::format("{{\"metrics\":{},\"problems\":{},\"points\":{},\"lines\":[{}]}}",
                                     json_line(metrics), json_line(problems), num_points, lines));
}

const Series& Answers::series(const std::filesystem::path& file, const std::string& x, const std::string& y) {
  const std::string key = file.string() + "\n" + x + "\n" + y;
  auto found = std::ranges::find(series_, key, &CachedSeries::key);
  if (found == series_.end())
    series_.push_front({key, Series(file, x, y)});
  else
    series_.splice(series_.begin(), series_, found);
  try {
    series_.front().series.update();
  } catch (...) {
    series_.pop_front();
    throw;
  }
  std::size_t kept = 0;
  for (auto cached = series_.begin(); cached != series_.end();) {
    kept += cached->series.x().size();
    cached = kept > kMaxPointsKept && cached != series_.begin() ? series_.erase(cached) : std::next(cached);
  }
  return series_.front().series;
}

}  // namespace slm
