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
  std::string prefix;     ///< of the file names: {name}_t{t}_s{s} or {name}_t{t}
  std::string algorithm;  ///< as in the spec; decides the colour
  std::string env;
  std::vector<ReferenceLine> lines;  ///< returns to reach
};

struct Graph {
  std::string name;  ///< of the file, without its extension
  Page page;
};

/// {prefix}_session_graph: all that a session tells on one page. The return stands large, with its moving average and
/// the evaluations, if any; below it every quantity that the session has and that changes. Long runs are drawn as means
/// over short stretches, with a shade from the lowest to the highest of each. Nothing before there are two returns.
std::optional<Graph> session_graph(const GraphSubject& subject, std::span<const SessionRow> train,
                                   std::span<const SessionRow> eval);

/// {prefix}_trial_graph_mean_returns_vs_frames: each session, their mean with a shade from the lowest to the highest
/// session, and the mean of their moving averages.
std::optional<Graph> trial_graph(const GraphSubject& subject, std::span<const SessionMetrics> sessions);

/// One trial of several that are compared.
struct TrialCurve {
  std::string label;
  std::string algorithm;  ///< decides the colour; a second trial of one algorithm is dashed
  std::vector<SessionMetrics> sessions;
};
/// {prefix}_multi_trial_graph_mean_returns_ma_vs_frames: a mean per trial, with a shade from its lowest to its highest
/// session.
Graph multi_trial_graph(const std::string& prefix, const std::string& title, std::span<const TrialCurve> trials);

/// Writes {name}.png or {name}.svg; a reader sees the old or the new picture. Throws Error(io).
void write_png(const std::filesystem::path& folder, const Graph& graph);
void write_svg(const std::filesystem::path& folder, const Graph& graph);

}  // namespace slm
