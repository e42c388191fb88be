#include "slm_lab/experiment/ray_executor.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <system_error>
#include <utility>

#include "slm_lab/base/available_cores.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/experiment/session_command.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/report/json_file.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDriver = "the Ray driver";  // in errors about its lines
constexpr int kLineMilliseconds = 100;

fs::path make_scratch_folder() {
  std::string name = (fs::temp_directory_path() / "slm-ray-XXXXXX").string();  // short: Ray's sockets lie below it
  if (mkdtemp(name.data()) == nullptr) throw Error(ExitCode::io, name + ": this folder cannot be made");
  return name;
}

}  // namespace

RayExecutor::RayExecutor(RayCluster cluster) : cluster_(std::move(cluster)) {
  if (!file_exists(cluster_.python))
    throw Error(ExitCode::missing, "--executor ray: Ray is not installed here; install it with: ./slm-lab setup ray");
  scratch_ = make_scratch_folder();
  try {
    connect();
  } catch (...) {
    driver_.reset();
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
    throw;
  }
  for (const Resources& machine : machines_) {
    budget_.cores += machine.cores;
    budget_.bytes += machine.bytes;
    budget_.gpus += machine.gpus;
  }
  if (cluster_.threads > 0) budget_.cores = std::min(budget_.cores, static_cast<double>(cluster_.threads));
}

RayExecutor::~RayExecutor() {
  driver_.reset();  // which ends the sessions
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

void RayExecutor::connect() {
  const int cpus = cluster_.threads > 0 ? cluster_.threads : available_cores();
  driver_.reset();
  driver_ =
      std::make_unique<LineProcess>(std::vector<std::string>{cluster_.python.string(), cluster_.driver.string(),
                                                             cluster_.address, scratch_.string(), std::to_string(cpus)},
                                    scratch_ / "driver.log");
  machines_.clear();
  std::vector<std::string> lines;
  while (lines.empty() && stop_signal() == 0)
    if (!driver_->receive(kLineMilliseconds, lines) && lines.empty())
      throw Error(ExitCode::remote, fmt::format("{} ended at its start: {}", kDriver, last_words()));
  if (lines.empty()) throw Error(static_cast<ExitCode>(128 + stop_signal()), "stopped before Ray was there");
  std::vector<JobEvent> none;
  for (const std::string& line : lines) take_up(line, none);
}

/// Of the driver: what it or Ray printed.
std::string RayExecutor::last_words() const {
  std::ifstream log(scratch_ / "driver.log");
  std::string last = "it said nothing";
  for (std::string line; std::getline(log, line);)
    if (!line.empty()) last = line;
  return last;
}

void RayExecutor::start(const Job& job) {
  running_[job.id] = false;
  SessionJob session = job.session;
  session.folder = fs::absolute(session.folder);
  const fs::path log = fs::absolute(session.log);
  std::vector<std::string> argv = session_words(session);
  argv.insert(argv.begin(), fs::read_symlink("/proc/self/exe").string());
  const Json needs = {{"cpu", job.needs.cores}, {"gpu", job.needs.gpus}, {"memory", job.needs.bytes}};
  const Json command = {{"do", "start"},
                        {"job", job.id},
                        {"argv", argv},
                        {"folder", session.folder.string()},
                        {"session", fmt::format("t{}_s{}", session.trial, session.session)},
                        {"log", log.string()},
                        {"fence", fmt::format("{}.s{}.running", log.string(), session.session)},
                        {"needs", needs}};
  driver_->send(command.dump());
}

std::vector<JobEvent> RayExecutor::wait(int milliseconds) {
  std::vector<std::string> lines;
  std::vector<JobEvent> events;
  const bool lives = driver_->receive(milliseconds, lines);
  for (const std::string& line : lines) take_up(line, events);
  if (lives) return events;
  const std::string why = fmt::format("{} ended: {}", kDriver, last_words());
  while (!running_.empty()) events.emplace_back(end(running_.begin()->first, SIGKILL, why));
  if (stop_signal() == 0) connect();
  return events;
}

void RayExecutor::take_up(const std::string& line, std::vector<JobEvent>& events) {
  const Json json = parse_json_file(line, kDriver);
  read_json(kDriver, [&] {
    const std::string event = json.at("event");
    if (event == "refused") throw Error(static_cast<ExitCode>(json.at("code").get<int>()), json.at("text"));
    if (event == "ready") {
      for (const Json& node : json.at("nodes"))
        machines_.push_back({.cores = node.at("cpu"),
                             .bytes = static_cast<std::int64_t>(node.at("memory").get<double>()),
                             .gpus = node.at("gpu")});
      return;
    }
    const JobId id = json.at("job");
    if (!running_.contains(id)) return;
    if (event == "line") {
      events.emplace_back(JobReported{id, session_message_of(json.at("text"))});
    } else if (event == "waits") {
      SessionMessage message;
      message.kind = SessionMessage::Kind::warning;
      message.text = json.at("text");
      events.emplace_back(JobReported{id, message});
    } else if (event == "lost") {
      events.emplace_back(end(id, SIGKILL, json.at("text")));
    } else if (const int code = json.at("code"); code < 0) {
      events.emplace_back(end(id, -code, ""));
    } else {
      running_.erase(id);
      events.emplace_back(JobEnded{.job = id, .exit_code = code, .failure = {}});
    }
  });
}

/// A session that a signal ended, or that went with the machine below it.
JobEnded RayExecutor::end(JobId id, int signal, const std::string& failure) {
  const auto entry = running_.extract(id);
  return {.job = id, .exit_code = 128 + signal, .crashed = !entry.mapped(), .failure = failure};
}

void RayExecutor::stop(JobId id, Stop how) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  found->second = true;
  const int signal = how == Stop::now ? SIGKILL : SIGTERM;
  driver_->send(Json({{"do", "stop"}, {"job", id}, {"signal", signal}}).dump());
}

void RayExecutor::answer(JobId id, const Answer& answer) {
  if (!running_.contains(id)) return;
  driver_->send(Json({{"do", "answer"}, {"job", id}, {"text", answer_line(answer)}}).dump());
}

}  // namespace slm
