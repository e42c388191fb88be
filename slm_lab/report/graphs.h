#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/report/metrics.h"
#include "slm_lab/report/plot.h"
#include "slm_lab/report/record.h"

namespace slm {

/// What the pictures of a run say about it.
struct GraphSubject {
  std::string name;       ///< of the session or the trial: {spec}_t{t}_s{s} or {spec}_t{t}
  std::string algorithm;  ///< as in the spec; decides the colour
  std::string env;
  std::vector<ReferenceLine> lines;  ///< returns to reach
};

/// All that a session tells on one page. The return stands large, with its moving average and the evaluations, if any;
/// below it every quantity that the session has and that changes. Long runs are drawn as means over short stretches,
/// with a shade from the lowest to the highest of each. Nothing before there are two returns.
std::optional<Page> session_graph(const GraphSubject& subject, std::span<const SessionRow> train,
                                  std::span<const SessionRow> eval);

/// Each session of a trial, their mean with a shade from the lowest to the highest session, and the mean of their
/// moving averages.
std::optional<Page> trial_graph(const GraphSubject& subject, std::span<const SessionMetrics> sessions);

/// One trial of several that are compared.
struct TrialCurve {
  std::string label;
  std::string algorithm;  ///< decides the colour; a second trial of one algorithm is dashed
  std::vector<SessionMetrics> sessions;
};
/// A mean per trial, with a shade from its lowest to its highest session.
Page multi_trial_graph(const std::string& title, std::span<const TrialCurve> trials);

/// Writes `file`; a reader sees the old or the new picture. Throws Error(io).
void write_png(const std::filesystem::path& file, const Page& page);
void write_svg(const std::filesystem::path& file, const Page& page);

}  // namespace slm
