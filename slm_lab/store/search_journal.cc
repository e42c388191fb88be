#include "slm_lab/store/search_journal.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>
#include <utility>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/report/json_file.h"

namespace slm {
namespace {

using State = JournalTrial::State;

// Optuna's JournalOperation (optuna/storages/journal/_storage.py). What others may add to a file of ours (notes of a
// dashboard) changes no trial.
enum Operation {
  kCreateStudy = 0,
  kStudyUserAttribute = 2,
  kStudySystemAttribute = 3,
  kCreateTrial = 4,
  kEndTrial = 6,
  kReport = 7,
  kTrialUserAttribute = 8,
};
constexpr int kMaximize = 2;
constexpr double kNormalWidth = 10;  // standard deviations, for readers that want bounds

std::string now() {
  const auto time = std::chrono::system_clock::now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}+00:00", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     micros);
}

/// Optuna's distributions hold numbers, strings, true, false and null; what else is chosen goes as its text.
Json choice_of(const JsonNode& node) {
  const std::string text = to_json_line(node);
  const bool plain = !node.is(JsonNode::Kind::array) && !node.is(JsonNode::Kind::object);
  return plain ? Json::parse(text) : Json(text);
}

Json numbers(const char* name, double low, double high, bool logarithmic) {
  Json attributes;
  if (std::string_view(name) == "IntDistribution") {
    attributes = {{"log", logarithmic}, {"step", 1}, {"low", std::llround(low)}, {"high", std::llround(high)}};
  } else {
    attributes = {{"step", nullptr}, {"low", low}, {"high", high}, {"log", logarithmic}};
  }
  return {{"name", name}, {"attributes", attributes}};
}

/// A quantised dimension goes without its step, as Optuna counts steps from the low end and we, as Ray, from zero.
Json distribution_of(const SearchDimension& dimension) {
  const std::vector<double>& args = dimension.args;
  switch (dimension.distribution) {
    using enum SearchDistribution;
    case uniform:
    case quniform:
      return numbers("FloatDistribution", args[0], args[1], false);
    case loguniform:
    case qloguniform:
      return numbers("FloatDistribution", args[0], args[1], true);
    case randint:
      return numbers("IntDistribution", args[0], args[1] - 1, false);
    case qrandint:
      return numbers("IntDistribution", args[0], args[1], false);
    case lograndint:
      return numbers("IntDistribution", args[0], args[1] - 1, true);
    case qlograndint:
      return numbers("IntDistribution", args[0], args[1], true);
    case randn:
    case qrandn:
      return numbers("FloatDistribution", args[0] - kNormalWidth * args[1], args[0] + kNormalWidth * args[1], false);
    case choice:
      break;
  }
  Json choices = Json::array();
  for (const JsonNode& node : dimension.choices) choices.push_back(choice_of(node));
  return {{"name", "CategoricalDistribution"}, {"attributes", {{"choices", choices}}}};
}

Json entry(int operation, const Json& fields) {
  Json json = {{"op_code", operation}, {"worker_id", "slm-lab"}};
  json.update(fields);
  return json;
}

std::string line(const Json& entry) { return entry.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json trial_attribute(int trial, const char* key, const Json& value) {
  return entry(kTrialUserAttribute, {{"trial_id", trial}, {"user_attr", {{key, value}}}});
}

std::string beginning(const DataFolder& folder, const std::map<std::string, std::string>& attributes) {
  const Json metric = {{"study:metric_names", {"total_reward_ma"}}};
  std::string text = line(entry(kCreateStudy, {{"study_name", folder.spec_name()}, {"directions", {kMaximize}}}));
  text += line(entry(kStudySystemAttribute, {{"study_id", 0}, {"system_attr", metric}}));
  for (const auto& [key, value] : attributes)
    text += line(entry(kStudyUserAttribute, {{"study_id", 0}, {"user_attr", {{key, value}}}}));
  return text;
}

}  // namespace

SearchJournal::SearchJournal(const DataFolder& folder, std::vector<SearchDimension> space, int flags)
    : space_(std::move(space)),
      file_(folder.search_journal(), flags | O_NOFOLLOW | O_CLOEXEC),
      read_only_(flags == O_RDONLY) {}

std::string to_string(JournalTrial::State state) {
  switch (state) {
    using enum JournalTrial::State;
    case running:
      return "running";
    case complete:
      return "complete";
    case stopped:
      return "stopped";
    case failed:
      return "failed";
  }
  return "";
}

std::optional<int> best_trial(const std::vector<JournalTrial>& trials, const std::function<bool(int trial)>& counts) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < trials.size(); ++i)
    if (!std::isnan(trials[i].value) && counts(static_cast<int>(i)) && (!best || trials[i].value > trials[*best].value))
      best = i;
  return best ? std::optional(static_cast<int>(*best)) : std::nullopt;
}

SearchJournal SearchJournal::create(const DataFolder& folder, std::vector<SearchDimension> space,
                                    const std::map<std::string, std::string>& attributes) {
  write_file_durably(folder.search_journal(), beginning(folder, attributes));
  return open(folder, std::move(space));
}

SearchJournal SearchJournal::open(const DataFolder& folder, std::vector<SearchDimension> space) {
  const std::string text = read_file(folder.search_journal());
  SearchJournal journal(folder, std::move(space), O_WRONLY | O_APPEND);
  const std::size_t complete = journal.take_up_lines(text);
  if (complete < text.size()) journal.file_.truncate(complete);
  return journal;
}

std::vector<JournalTrial> SearchJournal::read(const DataFolder& folder, std::vector<SearchDimension> space) {
  return look(folder, std::move(space)).trials_;
}

SearchJournal SearchJournal::look(const DataFolder& folder, std::vector<SearchDimension> space) {
  SearchJournal journal(folder, std::move(space), O_RDONLY);
  journal.catch_up();
  return journal;
}

void SearchJournal::catch_up() {
  std::string text(file_.size() - std::min(file_.size(), looked_until_), '\0');
  file_.seek(looked_until_);
  text.resize(file_.read(std::as_writable_bytes(std::span(text))));
  looked_until_ += take_up_lines(text);
}

void SearchJournal::start_trial(const std::vector<double>& parameters, const std::string& spec_hash, int refused) {
  Json params = Json::object(), distributions = Json::object();
  for (std::size_t i = 0; i < space_.size(); ++i) {
    params[space_[i].path] = parameters.at(i);
    distributions[space_[i].path] = distribution_of(space_[i]).dump();
  }
  take_down(entry(kCreateTrial, {{"study_id", 0},
                                 {"datetime_start", now()},
                                 {"params", params},
                                 {"distributions", distributions},
                                 {"user_attrs", {{"spec_hash", spec_hash}, {"refused", refused}}}}));
  flush();
}

void SearchJournal::report(const JournalReport& report) {
  ensure(std::isfinite(report.value), "a reader refuses the whole journal for it");
  take_down(entry(kReport, {{"trial_id", report.trial}, {"step", report.frame}, {"intermediate_value", report.value}}));
}

void SearchJournal::end_trial(int trial, State state, double value, const std::string& reason) {
  ensure(state == State::failed || std::isfinite(value), "a reader refuses the whole journal for it");
  Json values;  // null
  if (state != State::failed) values = {value};
  if (reason != trials_.at(trial).reason)  // it is known of an end whose last line was lost
    take_down(trial_attribute(trial, "reason", reason));
  take_down(entry(
      kEndTrial,
      {{"trial_id", trial}, {"state", static_cast<int>(state)}, {"values", values}, {"datetime_complete", now()}}));
  flush();
}

void SearchJournal::sync() {
  flush();
  file_.sync();
}

void SearchJournal::take_down(const Json& entry) {
  unwritten_ += line(entry);
  take_up(entry, ++num_lines_);
}

void SearchJournal::flush() {
  const std::string lines = std::exchange(unwritten_, {});
  if (!lines.empty()) file_.write(std::as_bytes(std::span(lines)));
}

std::size_t SearchJournal::take_up_lines(std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
    ++num_lines_;
    take_up(parse_json_file(text.substr(begin, end - begin), place_of(num_lines_)), num_lines_);
  }
  return begin;
}

std::string SearchJournal::place_of(int line) const { return fmt::format("{}:{}", file_.path().string(), line); }

void SearchJournal::take_up(const Json& json, int line) {
  const std::string where = place_of(line);
  read_json(where, [&] {
    const int operation = json.at("op_code");
    if (operation == kCreateTrial) {
      JournalTrial trial;
      const Json& params = json.at("params");
      for (const SearchDimension& dimension : space_) trial.parameters.push_back(params.at(dimension.path));
      if (!read_only_ && params.size() != space_.size())
        throw Error(ExitCode::corrupt, fmt::format("{}: a trial of another search space", where));
      trial.spec_hash = json.at("user_attrs").at("spec_hash");
      trial.refused = json.at("user_attrs").at("refused");
      trials_.push_back(std::move(trial));
      return;
    }
    if (operation != kEndTrial && operation != kReport && operation != kTrialUserAttribute) return;
    const std::size_t id = json.at("trial_id");
    if (id >= trials_.size()) throw Error(ExitCode::corrupt, fmt::format("{}: there is no trial {} yet", where, id));
    JournalTrial& trial = trials_[id];
    if (operation == kTrialUserAttribute) {
      trial.reason = json.at("user_attr").value("reason", trial.reason);
    } else if (operation == kReport) {
      trial.frame = json.at("step");
      trial.value = json.at("intermediate_value");
      reports_.push_back({static_cast<int>(id), trial.frame, trial.value});
    } else {
      const int state = json.at("state");
      if (state < 0 || state > 3) throw Error(ExitCode::corrupt, fmt::format("{}: there is no state {}", where, state));
      trial.state = static_cast<State>(state);
      const Json& values = json.at("values");  // null: what it reported before it failed is no score
      trial.value = values.is_null() ? std::numeric_limits<double>::quiet_NaN() : values.at(0).get<double>();
    }
  });
}

}  // namespace slm
