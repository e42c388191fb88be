#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/report/plot.h"
#include "slm_lab/report/record.h"

namespace slm {

/// A run that is compared with others: the log points of each of its sessions.
struct ComparedRun {
  std::string label;
  std::string algorithm;  ///< decides the colour, where no other run has the same
  std::vector<std::vector<SessionRow>> sessions;
};

enum class CompareOver { frames, time };            ///< what is below: frames, or seconds of training
enum class SessionCenter { mean, iqm };             ///< what the curve is: the mean, or the mean of the middle half
enum class SessionBand { ci95, range, std, none };  ///< what the shade is; std: one sample standard deviation

struct ComparisonOptions {
  std::string title;
  double SessionRow::*metric = &SessionRow::total_reward_ma;
  CompareOver over = CompareOver::frames;
  SessionCenter center = SessionCenter::mean;
  SessionBand band = SessionBand::ci95;
  bool legend = true;
  std::vector<ReferenceLine> lines = {};
};

/// One value at each place of a grid: the centre over sessions, and the ends of the band where there is one.
struct SessionsCurve {
  std::vector<double> x, center, low, high;
};

/// Each session is read between its log points by straight lines, as far as the shortest of them goes; a session
/// counts from its first value on. Over frames the grid is the log points of the shortest session where these are 400
/// at most; else, and over time, it is 400 even steps. ci95: the 95 % percentile bootstrap interval of the centre,
/// 2,000 resamples of the sessions, at every place the same ones; none of fewer than two sessions.
SessionsCurve sessions_curve(const ComparedRun& run, const ComparisonOptions& options);

/// One curve per run, named at its end. Runs without any value are left out.
Page comparison_page(std::span<const ComparedRun> runs, const ComparisonOptions& options);

}  // namespace slm
