#include "slm_lab/report/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/report/metrics.h"

namespace slm {
namespace {

constexpr std::size_t kReservedRows = 4096;  // shipped specs have at most 1,000 log points

using Numbers = std::array<double, kColumns.size()>;

/// A row is its numbers in the order of the columns, so that rows are kept as they lie in memory.
constexpr bool is_its_columns() {
  SessionRow row;
  for (std::size_t i = 0; i < kColumns.size(); ++i) row.*kColumns[i].value = static_cast<double>(i);
  const auto numbers = std::bit_cast<Numbers>(row);
  for (std::size_t i = 0; i < kColumns.size(); ++i)
    if (numbers[i] != static_cast<double>(i)) return false;
  return true;
}
static_assert(is_its_columns());

std::span<double> numbers(std::vector<SessionRow>& rows) {
  return {reinterpret_cast<double*>(rows.data()), rows.size() * kColumns.size()};
}

std::string column_names() {
  std::string names;
  for (const Column& column : kColumns) names.append(names.empty() ? "" : ",").append(column.name);
  return names;
}

}  // namespace

std::vector<double> column(std::span<const SessionRow> rows, double SessionRow::*value) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const SessionRow& row : rows) values.push_back(row.*value);
  return values;
}

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
  changed_rows_.mark((rows_.size() - 1) * sizeof row, rows_.size() * sizeof row);
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

void SessionRecord::serialize_rows(Archive& archive) {
  std::string columns = column_names();
  auto num_rows = static_cast<std::int64_t>(rows_.size());
  archive("columns", columns);
  archive("num_rows", num_rows);
  if (columns != column_names() || num_rows < 0)
    throw Error(ExitCode::corrupt, fmt::format("session record: {} rows of {}", num_rows, columns));
  rows_.resize(static_cast<std::size_t>(num_rows));
  archive.large("rows", numbers(rows_), changed_rows_);
}

/// As checkpoints of format 2 hold the rows.
void SessionRecord::read_columns(Archive& archive) {
  for (const Column& column : kColumns) {
    std::vector<double> values;
    archive(fmt::format("rows.{}", column.name), values);
    if (&column == &kColumns.front()) rows_.resize(values.size());
    if (values.size() != rows_.size()) throw Error(ExitCode::corrupt, "session record: columns of different lengths");
    for (std::size_t i = 0; i < values.size(); ++i) rows_[i].*column.value = values[i];
  }
}

void SessionRecord::serialize(Archive& archive) {
  if (archive.loading() && !archive.contains("columns"))
    read_columns(archive);
  else
    serialize_rows(archive);
  for (const Column& column : kColumns)
    if (column.training) archive(fmt::format("training.{}", column.name), training_.*column.value);
  archive("last_returns", std::span<double>(last_returns_));
  archive("last_lengths", std::span<double>(last_lengths_));
  archive("recent_returns", std::span<double>(recent_returns_));
  archive("episodes", episodes_);
  archive("best_total_reward_ma", best_total_reward_ma_);
}

}  // namespace slm
