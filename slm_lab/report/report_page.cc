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

/// The columns that hold a number.
Json columns_json(const std::vector<SessionRow>& rows) {
  Json columns = Json::object();
  for (const Column& column : used_columns(rows)) {
    Json values = Json::array();
    for (const SessionRow& row : rows) {
      const double value = row.*column.value;
      values.push_back(std::isfinite(value) ? Json(column.counter ? value : as_in_csv(value)) : Json());
    }
    if (std::ranges::any_of(values, [](const Json& value) { return !value.is_null(); }))
      columns[std::string(column.name)] = std::move(values);
  }
  return columns;
}

Json chart_json(const ReportChart& chart) {
  Json json{{"title", chart.title}, {"sessions", Json::array()}, {"lines", lines_json(chart.lines)}};
  for (const ReportSession& session : chart.sessions) {
    Json& out = json["sessions"].emplace_back();
    out = {{"name", session.name}, {"group", session.group}, {"columns", columns_json(chosen(session.rows))}};
    if (session.color) out["color"] = html_color(*session.color);
    if (session.dashed) out["dashed"] = true;
  }
  return json;
}

Json charts_json(const ReportPage& page) {
  Json json = Json::array();
  for (const ReportChart& chart : page.charts) json.push_back(chart_json(chart));
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
  return std::ranges::any_of(page.charts, [](const ReportChart& chart) {
    return std::ranges::any_of(chart.sessions, [](const ReportSession& session) { return session.rows.size() > 1; });
  });
}

std::string picture_html(const std::string& title, const std::string& source) {
  return fmt::format("<section><h2>{0}</h2><img alt=\"{0}\" src=\"{1}\"></section>\n", html_text(title), source);
}

std::string film_html(const ReportFilm& film) {
  const std::string source = data_url(film.type, film.bytes);
  if (film.type.starts_with("image/")) return picture_html(film.title, source);
  return fmt::format("<section><h2>{0}</h2><video controls loop aria-label=\"{0}\" src=\"{1}\"></video></section>\n",
                     html_text(film.title), source);
}

}  // namespace

Json lines_json(std::span<const ReferenceLine> lines) {
  Json json = Json::array();
  for (const ReferenceLine& line : lines) json.push_back({{"name", line.name}, {"value", line.y}});
  return json;
}

std::string report_page_html(const ReportPage& page) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src 'unsafe-inline'; style-src "
      "'unsafe-inline'; img-src data:; media-src data:\">\n"
      "<meta name=viewport content=\"width=device-width, "
      "initial-scale=1\">\n<title>{}</title>\n<style>{}</style></head>\n"
      "<body><main>\n<header><h1>{}</h1> {}<p>{}</p></header>\n",
      html_text(page.title), kStyle, html_text(page.title),
      page.state.empty() ? "" : fmt::format("<span class=\"state {0}\">{0}</span>", html_text(page.state)),
      html_text(page.subtitle));
  if (!page.facts.empty()) out += "<dl>\n";
  for (const auto& [name, value] : page.facts)
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_text(name), html_text(value));
  if (!page.facts.empty()) out += "</dl>\n";
  if (has_curves(page))
    out +=
        "<section id=curves><h2>Curves</h2><div class=controls><label>of <select id=which></select></label><label>what "
        "<select id=metric></select></label>"
        "<label>over <select id=over><option value=frame>frames</option><option value=wall_t>seconds of "
        "training</option></select></label><label><input type=checkbox id=mean checked> mean of the sessions</label>"
        "<button id=reset>whole</button><span id=readout></span></div><canvas id=chart tabindex=0 "
        "aria-label=\"learning curves\"></canvas><div id=legend></div><p class=hint>Drag across to zoom, double-click "
        "for the whole; click a name to hide it.</p></section>\n";
  for (const ReportTable& table : page.tables) out += table_html(table);
  for (const ReportPicture& picture : page.pictures)
    out += picture_html(picture.title, data_url("image/png", picture.png));
  for (const ReportFilm& film : page.films) out += film_html(film);
  for (const ReportText& text : page.texts)
    out += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n", html_text(text.title),
                       html_text(text.text));
  out += "</main>\n";
  if (has_curves(page))
    out += fmt::format("<script>const charts = {};\n{}</script>\n", script_json(charts_json(page)), kScript);
  return out + "</body></html>\n";
}

}  // namespace slm
