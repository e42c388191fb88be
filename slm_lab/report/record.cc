#include "slm_lab/report/record.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/report/metrics.h"

namespace slm {
namespace {

constexpr std::size_t kReservedRows = 4096;  // shipped specs have at most 1,000 log points

void keep_newest(double& value, double newest) {
  if (!std::isnan(newest)) value = newest;
}

}  // namespace

SessionRecord::SessionRecord(int num_envs) : last_returns_(num_envs, SessionRow::kNone) {
  rows_.reserve(kReservedRows);
}

void SessionRecord::add_episode(int row, double episode_return) {
  last_returns_[row] = episode_return;
  recent_returns_[episodes_ % recent_returns_.size()] = episode_return;
  ++episodes_;
}

void SessionRecord::add_training(double loss, double entropy, double grad_norm) {
  keep_newest(loss_, loss);
  keep_newest(entropy_, entropy);
  keep_newest(grad_norm_, grad_norm);
}

const SessionRow& SessionRecord::add_log_point(SessionRow row) {
  row.total_reward = total_reward();
  row.epi = static_cast<double>(episodes_);
  row.loss = loss_;
  row.entropy = entropy_;
  row.grad_norm = grad_norm_;
  return add(row);
}

const SessionRow& SessionRecord::add_evaluation(SessionRow row, double total_reward) {
  row.total_reward = total_reward;
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
  // Row by row, every column.
  std::vector<double> table;
  if (!archive.loading())
    for (const SessionRow& row : rows_)
      for (const Column& column : kColumns) table.push_back(row.*column.value);
  archive("rows", table);
  if (archive.loading()) {
    if (table.size() % kColumns.size() != 0) throw Error(ExitCode::corrupt, "session record: a row is cut short");
    rows_.resize(table.size() / kColumns.size());
    auto value = table.begin();
    for (SessionRow& row : rows_)
      for (const Column& column : kColumns) row.*column.value = *value++;
  }
  archive("last_returns", std::span<double>(last_returns_));
  archive("recent_returns", std::span<double>(recent_returns_));
  archive("episodes", episodes_);
  archive("loss", loss_);
  archive("entropy", entropy_);
  archive("grad_norm", grad_norm_);
  archive("best_total_reward_ma", best_total_reward_ma_);
}

}  // namespace slm
