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
  std::optional<double> target;  ///< a return to reach
};

struct Graph {
  std::string name;  ///< of the file, without its extension
  Plot plot;
};

/// {prefix}_session_graph_{df}_{series}_vs_{axis}: mean_returns and mean_returns_ma vs frames; loss, explore_var and
/// entropy vs frame where the session has them. `df` is train or eval. Nothing before there are two returns.
std::vector<Graph> session_graphs(const GraphSubject& subject, std::string_view df, std::span<const SessionRow> rows);

/// {prefix}_trial_graph_{series}_vs_frames: mean_returns and mean_returns_ma, the mean over sessions with a shade of
/// one sample standard deviation.
std::vector<Graph> trial_graphs(const GraphSubject& subject, std::span<const SessionMetrics> sessions);

/// One trial of several that are compared.
struct TrialCurve {
  std::string label;
  Color color = kPalette[0];
  std::vector<SessionMetrics> sessions;
};
/// {prefix}_multi_trial_graph_mean_returns_ma_vs_frames: a mean and its shade per trial.
Graph multi_trial_graph(const std::string& prefix, const std::string& title, std::span<const TrialCurve> trials);

/// Writes {name}.png and, if asked, {name}.svg; a reader sees the old or the new picture. Throws Error(io).
void write_graph(const std::filesystem::path& folder, const Graph& graph, bool svg_too);

}  // namespace slm
