#include "slm_lab/report/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/report/metrics.h"

namespace slm {
namespace {

constexpr std::size_t kReservedRows = 4096;  // shipped specs have at most 1,000 log points

}  // namespace

SessionRecord::SessionRecord(int num_envs)
    : last_returns_(num_envs, SessionRow::kNone), last_lengths_(num_envs, SessionRow::kNone) {
  rows_.reserve(kReservedRows);
}

void SessionRecord::add_episode(int row, double episode_return, double length) {
  last_returns_[row] = episode_return;
  last_lengths_[row] = length;
  recent_returns_[episodes_ % recent_returns_.size()] = episode_return;
  ++episodes_;
}

void SessionRecord::add_training(const SessionRow& round) {
  for (const Column& column : kColumns)
    if (column.training && !std::isnan(round.*column.value)) training_.*column.value = round.*column.value;
}

const SessionRow& SessionRecord::add_log_point(SessionRow row) {
  row.total_reward = total_reward();
  row.epi = static_cast<double>(episodes_);
  row.episode_length = mean(last_lengths_);
  for (const Column& column : kColumns)
    if (column.training) row.*column.value = training_.*column.value;
  return add(row);
}

const SessionRow& SessionRecord::add(const SessionRow& row) {
  rows_.push_back(row);
  SessionRow& added = rows_.back();
  added.total_reward_ma = total_reward_ma(rows_);  // 100 additions, afresh: no error builds up
  if (added.total_reward_ma > best_total_reward_ma_) best_total_reward_ma_ = added.total_reward_ma;
  return added;
}

double SessionRecord::total_reward() const { return mean(last_returns_); }

double SessionRecord::episode_return_ma100() const {
  const auto count = std::min<std::size_t>(episodes_, recent_returns_.size());
  return mean(std::span(recent_returns_).first(count));
}

void SessionRecord::serialize(Archive& archive) {
  for (const Column& column : kColumns) {
    std::vector<double> values;
    for (const SessionRow& row : rows_) values.push_back(row.*column.value);
    archive(fmt::format("rows.{}", column.name), values);
    if (&column == &kColumns.front()) rows_.resize(values.size());
    if (values.size() != rows_.size()) throw Error(ExitCode::corrupt, "session record: columns of different lengths");
    for (std::size_t i = 0; i < values.size(); ++i) rows_[i].*column.value = values[i];
    if (column.training) archive(fmt::format("training.{}", column.name), training_.*column.value);
  }
  archive("last_returns", std::span<double>(last_returns_));
  archive("last_lengths", std::span<double>(last_lengths_));
  archive("recent_returns", std::span<double>(recent_returns_));
  archive("episodes", episodes_);
  archive("best_total_reward_ma", best_total_reward_ma_);
}

}  // namespace slm
