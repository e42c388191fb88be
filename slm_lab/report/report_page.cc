#include "slm_lab/report/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/report/csv.h"
#include "slm_lab/report/html.h"

namespace slm {
namespace {

constexpr std::size_t kMaxPoints = 2000;

constexpr const char* kStyle =
#include "slm_lab/report/report_style.inc"
    ;
constexpr const char* kScript =
#include "slm_lab/report/chart_script.inc"
#include "slm_lab/report/report_script.inc"
    ;

/// Every so many rows, and the last one.
std::vector<SessionRow> chosen(const std::vector<SessionRow>& rows) {
  if (rows.size() <= kMaxPoints) return rows;
  const std::size_t every = (rows.size() + kMaxPoints - 1) / kMaxPoints;
  std::vector<SessionRow> out;
  for (std::size_t i = (rows.size() - 1) % every; i < rows.size(); i += every) out.push_back(rows[i]);
  return out;
}

Json curves(const ReportPage& page) {
  Json json{{"sessions", Json::array()}, {"lines", Json::array()}};
  for (const ReportSession& session : page.sessions) {
    Json columns = Json::object();
    const std::vector<SessionRow> rows = chosen(session.rows);
    for (const Column& column : used_columns(rows)) {
      Json& values = columns[std::string(column.name)] = Json::array();
      for (const SessionRow& row : rows) {
        const double value = row.*column.value;
        values.push_back(std::isfinite(value) ? Json(column.counter ? value : as_in_csv(value)) : Json());
      }
    }
    json["sessions"].push_back({{"name", session.name}, {"columns", std::move(columns)}});
  }
  for (const auto& [name, value] : page.lines) json["lines"].push_back({{"name", name}, {"value", value}});
  return json;
}

/// Digits, a sign, a unit, an interval: 12.4k, -0.5, 487.31 ± 2.10.
bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.,+-ekM ±[]") == text.npos;
}

std::string table_html(const ReportTable& table) {
  std::string out = fmt::format("<section><h2>{}</h2><div class=wide><table><thead><tr>", html_text(table.title));
  for (const std::string& name : table.header) out += fmt::format("<th>{}</th>", html_text(name));
  out += "</tr></thead><tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    out += "<tr>";
    for (const std::string& field : row)
      out += fmt::format("<td{}>{}</td>", is_number(field) ? " class=number" : "", html_text(field));
    out += "</tr>\n";
  }
  return out + "</tbody></table></div></section>\n";
}

bool has_curves(const ReportPage& page) {
  return std::ranges::any_of(page.sessions, [](const ReportSession& session) { return session.rows.size() > 1; });
}

}  // namespace

std::string report_page_html(const ReportPage& page) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src 'unsafe-inline'; style-src "
      "'unsafe-inline'; img-src data:\">\n"
      "<meta name=viewport content=\"width=device-width, "
      "initial-scale=1\">\n<title>{}</title>\n<style>{}</style></head>\n"
      "<body><main>\n<header><h1>{}</h1> <span class=\"state {}\">{}</span><p>{}</p></header>\n<dl>\n",
      html_text(page.title), kStyle, html_text(page.title), html_text(page.state), html_text(page.state),
      html_text(page.subtitle));
  for (const auto& [name, value] : page.facts)
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_text(name), html_text(value));
  out += "</dl>\n";
  if (has_curves(page))
    out +=
        "<section id=curves><h2>Curves</h2><div class=controls><label>what <select id=metric></select></label>"
        "<label>over <select id=over><option value=frame>frames</option><option value=wall_t>seconds of "
        "training</option></select></label><label><input type=checkbox id=mean checked> mean of the sessions</label>"
        "<button id=reset>whole</button><span id=readout></span></div><canvas id=chart tabindex=0 "
        "aria-label=\"learning curves\"></canvas><div id=legend></div><p class=hint>Drag across to zoom, double-click "
        "for the whole; click a name to hide it.</p></section>\n";
  for (const ReportTable& table : page.tables) out += table_html(table);
  for (const ReportPicture& picture : page.pictures)
    out += fmt::format("<section><h2>{0}</h2><img alt=\"{0}\" src=\"{1}\"></section>\n", html_text(picture.title),
                       png_data_url(picture.png));
  for (const ReportText& text : page.texts)
    out += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n", html_text(text.title),
                       html_text(text.text));
  out += "</main>\n";
  if (has_curves(page))
    out += fmt::format("<script>const data = {};\n{}</script>\n", script_json(curves(page)), kScript);
  return out + "</body></html>\n";
}

}  // namespace slm
