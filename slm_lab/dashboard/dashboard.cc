#include "slm_lab/dashboard/dashboard.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "slm_lab/base/error.h"
#include "slm_lab/dashboard/answers.h"
#include "slm_lab/dashboard/http_server.h"
#include "slm_lab/dashboard/run_watch.h"

namespace slm {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLook{1000};       // between two looks
constexpr milliseconds kReadBudget{20};   // of a look, so that a first page is not kept waiting by thousands of runs
constexpr milliseconds kAttention{5000};  // after the last question nobody watches any more
constexpr int kNice = 5;                  // what trains goes first

void check_data(const std::filesystem::path& data) {
  std::error_code failure;
  if (!std::filesystem::is_directory(data, failure))
    throw SpecError(fmt::format("{}: no such folder; name the one that holds the runs with --data DIR", data.string()));
  const std::filesystem::directory_iterator first(data, failure);
  if (failure) throw SpecError(fmt::format("cannot read the data folder {}: {}", data.string(), failure.message()));
}

}  // namespace

void serve_dashboard(const DashboardOptions& options, const std::function<void(const std::string& url)>& ready,
                     const std::function<bool()>& stopped) {
  check_data(options.data);
  RunWatch watch(std::filesystem::canonical(options.data));
  Answers answers(watch);
  Clock::time_point looked{};
  HttpServer* publisher = nullptr;
  const auto look = [&] {
    looked = Clock::now();
    const RunWatch::Changes changes = watch.look(kReadBudget);
    const std::string event = answers.changes(changes);
    if (!changes.changed.empty() || !changes.removed.empty()) publisher->publish("runs", event);
  };
  HttpServer server(options.host, options.port, [&](const HttpRequest& request) {
    if (Clock::now() - looked > kLook) look();  // nobody has watched for a while
    return answers.answer(request);
  });
  publisher = &server;
  [[maybe_unused]] const int niceness = nice(kNice);
  ready(server.url());
  server.serve(stopped, [&] {
    const bool is_watched = Clock::now() - server.last_asked() < kAttention;
    const bool has_work = watch.num_waiting() > 0 || looked == Clock::time_point();
    if (has_work || (is_watched && Clock::now() - looked >= kLook)) look();
    if (watch.num_waiting() > 0) return milliseconds{0};
    return is_watched ? std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(looked + kLook - Clock::now()))
                      : kLook;
  });
}

}  // namespace slm
