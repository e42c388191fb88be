#include "slm_lab/algorithm/mean_stats.h"

#include <array>

namespace slm {
namespace {

constexpr std::array kStatistics = {&TrainStats::loss,
                                    &TrainStats::policy_loss,
                                    &TrainStats::value_loss,
                                    &TrainStats::entropy,
                                    &TrainStats::explained_variance,
                                    &TrainStats::kl,
                                    &TrainStats::clip_fraction,
                                    &TrainStats::q_value,
                                    &TrainStats::td_error,
                                    &TrainStats::grad_norm};
static_assert(sizeof(TrainStats) == kStatistics.size() * sizeof(double), "every field of TrainStats stands above");

}  // namespace

TrainStats MeanStats::zero() {
  TrainStats stats;
  for (double TrainStats::*const field : kStatistics) stats.*field = 0;
  return stats;
}

void MeanStats::add(const TrainStats& stats) {
  for (double TrainStats::*const field : kStatistics) sum_.*field += stats.*field;
  ++count_;
}

void MeanStats::add(const MeanStats& others) {
  for (double TrainStats::*const field : kStatistics) sum_.*field += others.sum_.*field;
  count_ += others.count_;
}

TrainStats MeanStats::mean() const {
  TrainStats stats = sum_;
  for (double TrainStats::*const field : kStatistics) stats.*field /= count_;
  return stats;
}

}  // namespace slm
