#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "slm_lab/report/json_file.h"
#include "slm_lab/report/palette.h"
#include "slm_lab/report/plot.h"
#include "slm_lab/report/record.h"

namespace slm {

/// A table of a report page; numbers stand right.
struct ReportTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

struct ReportPicture {
  std::string title, png;
};

/// A file that a browser plays.
struct ReportFilm {
  std::string title, type, bytes;  ///< type: video/mp4 or image/gif
};

/// A text that is shown as it is, folded up.
struct ReportText {
  std::string title, text;
};

/// A curve: the log points of a session. The sessions of a group are shown as one: in its colour, with their mean.
struct ReportSession {
  std::string name;
  std::vector<SessionRow> rows;
  std::string group = {};           ///< none: the session stands for itself
  std::optional<Color> color = {};  ///< of the group; none: one of the palette, by its place
  bool dashed = false;              ///< as another group has its colour
};

struct ReportChart {
  std::string title;
  std::vector<ReportSession> sessions = {};
  std::vector<ReferenceLine> lines = {};  ///< returns to reach, across the curves of returns
};

struct ReportPage {
  std::string title = {}, subtitle = {}, state = {};
  std::vector<std::pair<std::string, std::string>> facts = {};
  std::vector<ReportChart> charts = {};  ///< one at a time
  std::vector<ReportTable> tables = {};
  std::vector<ReportPicture> pictures = {};
  std::vector<ReportFilm> films = {};
  std::vector<ReportText> texts = {};
};

/// As the chart of a page takes them, chart_script.inc.
Json lines_json(std::span<const ReferenceLine> lines);

/// One HTML file that needs nothing else, no network either (its policy forbids it): facts, curves of every quantity
/// over frames or time that can be zoomed, tables, pictures, films, texts. A session is drawn in at most 2,000 points,
/// evenly chosen.
std::string report_page_html(const ReportPage& page);

}  // namespace slm
