#pragma once

#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "slm_lab/report/record.h"

namespace slm {

// The formulas are in docs/metrics.md. NaN stands for "no number": log points before the first finished episode have no
// total_reward and count nowhere.

double mean(std::span<const double> values);                ///< of those that are not NaN; NaN of none
double sample_std(std::span<const double> values);          ///< the same, divided by n - 1; NaN of fewer than two
double interquartile_mean(std::span<const double> values);  ///< without the lowest and highest quarter (rounded down)

/// Mean of total_reward over the last 100 of `rows`.
double total_reward_ma(std::span<const SessionRow> rows);

/// The numbers of a session, or their means over the sessions of a trial.
struct Scalars {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double total_reward_ma = kNone;
  double strength = kNone;  ///< mean return above the random policy's
  double max_strength = kNone;
  double final_strength = kNone;
  double sample_efficiency = kNone;    ///< how early in frames the strength came
  double training_efficiency = kNone;  ///< how early in optimiser steps
  double stability = kNone;            ///< 1: the return never fell
};

/// A finished evaluation: D-100 when n is 100.
struct EvalReturn {
  double mean = Scalars::kNone;
  double std = Scalars::kNone;  ///< population
  int n = 0;
};

struct SessionMetrics {
  int session = 0;  ///< its number in the trial
  Scalars scalar;
  double episode_return_ma100 = Scalars::kNone;  ///< MA-100
  EvalReturn eval_return_d100;
  // One value per log point:
  std::vector<double> mean_returns, mean_returns_ma, strengths, sample_efficiencies, training_efficiencies, stabilities;
  std::vector<double> frames, opt_steps;
};

/// `random_baseline` is the mean return of the random policy; NaN, where it is not known, counts as 0. The caller sets
/// session, episode_return_ma100 and eval_return_d100.
SessionMetrics session_metrics(std::span<const SessionRow> rows, double random_baseline);

struct Interval {
  double low = Scalars::kNone, high = Scalars::kNone;
};

/// One value per log point: the mean and the sample standard deviation over sessions, as long as the shortest session.
struct Spread {
  std::vector<double> mean, std;
};
Spread spread(std::span<const std::vector<double>> series);

struct TrialMetrics {
  double frame = Scalars::kNone;  ///< the last one of session 0
  Scalars scalar;                 ///< means over sessions
  double consistency = Scalars::kNone;
  std::vector<double> consistencies;
  double episode_return_ma100 = Scalars::kNone;  ///< means over sessions
  double eval_return_d100 = Scalars::kNone;
  double total_reward_ma_std = Scalars::kNone;  ///< sample standard deviation over sessions
  Interval total_reward_ma_ci95, episode_return_ma100_ci95, eval_return_d100_ci95;
};

TrialMetrics trial_metrics(std::span<const SessionMetrics> sessions);

/// 95 % percentile bootstrap interval of the mean: 10,000 resamples, always the same ones. NaN of fewer than two
/// values.
Interval bootstrap_ci95(std::span<const double> values);
inline constexpr std::size_t kFewestForInterval = 5;  ///< of fewer values it is too narrow to rely on
/// What is left of resampled numbers without 2.5 % at each end; NaN of none.
Interval middle_95(std::vector<double> resampled);

struct ScalarName {
  std::string_view name;
  double Scalars::*value;
};

/// The names in the metric files, in SLM-Lab's order.
inline constexpr std::array kScalars = {
    ScalarName{"total_reward_ma", &Scalars::total_reward_ma},
    ScalarName{"strength", &Scalars::strength},
    ScalarName{"max_strength", &Scalars::max_strength},
    ScalarName{"final_strength", &Scalars::final_strength},
    ScalarName{"sample_efficiency", &Scalars::sample_efficiency},
    ScalarName{"training_efficiency", &Scalars::training_efficiency},
    ScalarName{"stability", &Scalars::stability},
};

}  // namespace slm
