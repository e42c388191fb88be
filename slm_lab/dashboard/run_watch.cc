#include "slm_lab/dashboard/run_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>

#include "slm_lab/base/file.h"
#include "slm_lab/base/lock.h"

namespace slm {
namespace {

constexpr std::size_t kIdleLooks = 500;            // runs in one look
constexpr std::int64_t kClockGrain = 100'000'000;  // nanoseconds in which two changes may bear the same time

/// A folder that changed just now may change again within the same tick of the clock.
bool is_settled(const FileStamp& stamp) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec - stamp.changed > kClockGrain;
}

/// Nothing, too, where it may not be read: one folder of somebody else does not end the watch over the others.
std::optional<DataFolder> readable_run(const std::filesystem::path& root) {
  try {
    return DataFolder::in(root);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::vector<FileStamp> stamps_of(const WatchedRun& run) {
  const DataFolder& folder = run.folder;
  std::vector<FileStamp> stamps = {stamp_of(folder.manifest_file())};
  if (run.overview.state != "running") return stamps;
  if (run.overview.kind == "search") {
    stamps.push_back(stamp_of(folder.search_journal()));
  } else {
    for (int session = 0; session < run.overview.sessions; ++session)
      stamps.push_back(stamp_of(folder.session_csv(0, session, "train")));
  }
  return stamps;
}

}  // namespace

FileStamp stamp_of(const std::filesystem::path& file) {
  struct stat facts {};
  if (lstat(file.c_str(), &facts) != 0) return {};
  return {facts.st_ino, static_cast<std::uint64_t>(facts.st_size),
          facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

const WatchedRun* RunWatch::find(const std::string& name) const {
  const auto found = runs_.find(name);
  return found == runs_.end() ? nullptr : &found->second;
}

RunWatch::Changes RunWatch::look(std::chrono::milliseconds budget) {
  const auto end = std::chrono::steady_clock::now() + budget;
  Changes changes;
  list(changes);
  for (auto& [name, run] : runs_)
    if (run.overview.state == "running" && has_changed(run) && refresh(run)) changes.changed.push_back(name);
  look_at_idle_ones(changes);
  while (!waiting_.empty() && std::chrono::steady_clock::now() < end) {
    const std::string name = std::move(waiting_.back());
    waiting_.pop_back();
    const FileStamp stamp = stamp_of(data_ / name);
    const auto folder = readable_run(data_ / name);
    if (!folder) {
      if (stamp != FileStamp()) others_[name] = stamp;
      continue;
    }
    others_.erase(name);
    refresh(runs_.emplace(name, WatchedRun{.folder = *folder}).first->second);
    changes.changed.push_back(name);
  }
  return changes;
}

void RunWatch::list(Changes& changes) {
  for (const auto& [name, stamp] : others_)
    if (stamp_of(data_ / name) != stamp || !is_settled(stamp)) waiting_.push_back(name);
  for (const std::string& name : waiting_) others_.erase(name);
  const FileStamp stamp = stamp_of(data_ / ".");
  if (stamp == listed_) return;
  std::vector<std::string> names;
  try {
    if (stamp != FileStamp()) names = names_in(data_);
  } catch (const std::exception&) {  // not now; the next look tries again
    return;
  }
  listed_ = is_settled(stamp) ? stamp : FileStamp();
  const auto is_gone = [&](const std::string& name) { return !std::ranges::binary_search(names, name); };
  for (auto run = runs_.begin(); run != runs_.end();) {
    if (is_gone(run->first)) {
      changes.removed.push_back(run->first);
      run = runs_.erase(run);
    } else {
      ++run;
    }
  }
  std::erase_if(others_, [&](const auto& other) { return is_gone(other.first); });
  std::erase_if(waiting_, is_gone);
  std::ranges::sort(waiting_);
  std::vector<std::string> fresh;
  for (const std::string& name : names)
    if (!runs_.contains(name) && !others_.contains(name) && !std::ranges::binary_search(waiting_, name))
      fresh.push_back(name);
  waiting_.insert(waiting_.end(), fresh.begin(), fresh.end());
}

bool RunWatch::has_changed(const WatchedRun& run) const {
  return stamps_of(run) != run.stamps || (run.overview.state == "running" && !is_held(run.folder.root()));
}

void RunWatch::look_at_idle_ones(Changes& changes) {
  std::vector<std::string> gone;
  auto run = runs_.upper_bound(last_idle_);
  for (std::size_t i = 0; i < std::min(kIdleLooks, runs_.size()); ++i, ++run) {
    if (run == runs_.end()) run = runs_.begin();
    last_idle_ = run->first;
    if (run->second.overview.state == "running" || !has_changed(run->second)) continue;
    // It has gone on, was replaced by another of its name, or is being removed.
    if (const auto folder = readable_run(data_ / run->first)) {
      run->second.folder = *folder;
      if (refresh(run->second)) changes.changed.push_back(run->first);
    } else {
      gone.push_back(run->first);
    }
  }
  for (const std::string& name : gone) {
    runs_.erase(name);
    waiting_.push_back(name);
    changes.removed.push_back(name);
  }
}

bool RunWatch::refresh(WatchedRun& run) {
  run.stamps = stamps_of(run);  // before it is read: what changes meanwhile is another change
  try {
    if (run.journal) run.journal->catch_up();
  } catch (const std::exception&) {  // damaged: as the overview will say
    run.journal.reset();
  }
  const std::string state = run.overview.state;
  run.overview = run_overview(run.folder, run.journal ? &*run.journal : nullptr);
  const bool runs = run.overview.state == "running";
  if (runs != (state == "running")) run.stamps = {};  // of more files, or of fewer: the next look takes them
  if (!runs) run.journal.reset();
  if (runs && run.overview.kind == "search" && !run.journal) {
    try {
      run.journal.emplace(SearchJournal::look(run.folder));
    } catch (const std::exception&) {
    }
  }
  std::string json = overview_json(run.overview).dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  std::swap(run.json, json);
  return run.json != json;
}

}  // namespace slm
