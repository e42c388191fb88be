#include "slm_lab/store/event_files.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/file.h"
#include "slm_lab/report/event_record.h"

namespace slm {
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";  // TensorBoard knows its files by the last word
constexpr std::size_t kChunk = 1 << 20;

}  // namespace

EventFiles::EventFiles(std::filesystem::path folder) : folder_(std::move(folder)) {
  for (const std::string& name : names_in(folder_)) {  // sorted, as TensorBoard reads them
    if (!name.starts_with(kPrefix)) continue;
    look_at(folder_ / name);
    ++number_;
  }
}

void EventFiles::look_at(const std::filesystem::path& path) {
  Descriptor file(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  std::string pending, chunk(kChunk, '\0');
  while (const std::size_t count = file.read(std::as_writable_bytes(std::span(chunk)))) {
    pending.append(chunk, 0, count);
    std::string_view left = pending;
    EventRecord record;
    while ((record = next_event_record(left)).state == EventRecord::State::whole) {
      any_ = true;
      const auto place = point_place(record.data);
      if (!place) continue;
      std::int64_t& last = points_[static_cast<std::size_t>(place->kind)].last_frame;
      last = std::max(last, place->frame);
    }
    if (record.state == EventRecord::State::damaged) return;  // where readers stop, too
    pending.erase(0, pending.size() - left.size());
  }
}

void EventFiles::append(std::string_view records, double now) {
  std::string first;
  if (!file_) {
    make_directories(folder_);
    file_.emplace(folder_ / fmt::format("{}{:06}", kPrefix, number_),
                  O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    first = tensorboard_version(now).append(records);
    records = first;
  }
  file_->write(std::as_bytes(std::span(records)));
  any_ = true;
}

void EventFiles::write(std::span<const SessionRow> rows, PointKind kind, double began, double now) {
  Points& points = points_[static_cast<std::size_t>(kind)];
  std::string records;
  for (const SessionRow& row : rows.subspan(points.num_rows))
    if (row.frame > static_cast<double>(points.last_frame)) records += tensorboard_point(began + row.wall_t, row, kind);
  points.num_rows = rows.size();
  if (!records.empty()) append(records, now);
}

void EventFiles::sync() {
  if (file_) file_->sync();
}

}  // namespace slm
