#pragma once

#include <list>
#include <memory>
#include <string>

#include "slm_lab/dashboard/http_request.h"
#include "slm_lab/dashboard/http_server.h"
#include "slm_lab/dashboard/run_watch.h"
#include "slm_lab/dashboard/series.h"

namespace slm {

/// What the dashboard answers (docs/dashboard.md). A request names a run, never a file.
class Answers {
 public:
  explicit Answers(const RunWatch& watch) : watch_(watch) {}

  HttpResponse answer(const HttpRequest& request);
  /// The runs changed: an event that says so, one line of JSON. What has been answered before is out of date.
  std::string changes(const RunWatch::Changes& changes);

 private:
  struct CachedSeries {
    std::string key;
    Series series;
  };

  HttpResponse runs();
  HttpResponse run(const WatchedRun& run) const;
  HttpResponse log(const WatchedRun& run, const std::string& trial) const;
  HttpResponse curves(const HttpRequest& request);
  const Series& series(const std::filesystem::path& file, const std::string& x, const std::string& y);

  const RunWatch& watch_;
  std::shared_ptr<const std::string> runs_;  // null: not up to date
  std::list<CachedSeries> series_;           // the one asked for last is in front
};

}  // namespace slm
