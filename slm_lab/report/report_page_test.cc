#include "slm_lab/report/report_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/report/html.h"

namespace slm::report_page_test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kHostile = "</script><img src=x onerror='alert(1)'>\"&";

TEST(Html, TextIsNeverMarkup) {
  EXPECT_EQ(html_text("<b a=\"x\" c='y'> & more"), "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt; &amp; more");
}

TEST(Html, JsonEndsNoScript) {
  const std::string text = script_json({{"name", kHostile}, {"broken", "\xff"}});
  EXPECT_THAT(text, Not(HasSubstr("<")));
  EXPECT_EQ(Json::parse(text).at("name"), kHostile);
}

// RFC 4648, section 10.
TEST(Html, PicturesAreInBase64) {
  EXPECT_EQ(data_url("image/png", "f"), "data:image/png;base64,Zg==");
  EXPECT_EQ(data_url("image/gif", "fo"), "data:image/gif;base64,Zm8=");
  EXPECT_EQ(data_url("image/png", "foobar"), "data:image/png;base64,Zm9vYmFy");
}

ReportPage hostile_page() {
  ReportPage page{.title = kHostile, .subtitle = kHostile, .state = kHostile};
  page.facts = {{kHostile, kHostile}};
  page.tables = {{kHostile, {kHostile}, {{kHostile}}}};
  page.pictures = {{kHostile, kHostile}};
  page.texts = {{kHostile, kHostile}};
  page.films = {{kHostile, "video/mp4", kHostile}, {kHostile, "image/gif", kHostile}};
  page.charts = {{kHostile, {{kHostile, {SessionRow(), SessionRow()}, kHostile}}, {{1, kHostile}}}};
  return page;
}

/// What the script of a page is given.
Json charts_in(const std::string& html) {
  const std::size_t begin = html.find("const charts = ") + 15;
  return Json::parse(html.substr(begin, html.find(";\n", begin) - begin));
}

TEST(ReportPage, NoNameOfARunBecomesMarkup) {
  const std::string html = report_page_html(hostile_page());
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_EQ(html.find("</script"), html.rfind("</script")) << "the end of its own";
  EXPECT_THAT(html.substr(0, html.find("<script>")), Not(HasSubstr("onerror='")));
}

TEST(ReportPage, ALongSessionKeepsItsLastPoint) {
  ReportPage page{.title = "t"};
  std::vector<SessionRow>& rows = page.charts.emplace_back("c").sessions.emplace_back("s0").rows;
  for (int i = 1; i <= 10001; ++i) {
    rows.emplace_back().frame = i;
    rows.back().total_reward = 1;
  }
  const std::string html = report_page_html(page);
  const Json columns = charts_in(html)[0].at("sessions")[0].at("columns");
  const Json& frames = columns.at("frame");
  EXPECT_LE(frames.size(), 2000u);
  EXPECT_GT(frames.size(), 1000u);
  EXPECT_EQ(frames.back(), 10001);
  EXPECT_FALSE(columns.contains("loss")) << "it has no number";
}

TEST(ReportPage, CurvesHaveTheColoursOfThePictures) {
  ReportPage page{.title = "t"};
  page.charts = {
      {"c",
       {{.name = "A2C s0", .rows = {SessionRow(), SessionRow()}, .group = "A2C", .color = algorithm_color("A2C")}}}};
  page.charts[0].sessions.push_back(page.charts[0].sessions[0]);
  page.charts[0].sessions[1].color.reset();
  page.charts[0].sessions[1].dashed = true;
  const std::string html = report_page_html(page);
  const Json sessions = charts_in(html)[0].at("sessions");
  EXPECT_EQ(sessions[0].at("color"), "#e8590c");
  EXPECT_FALSE(sessions[0].contains("dashed"));
  EXPECT_FALSE(sessions[1].contains("color")) << "the script takes one by its place";
  EXPECT_EQ(sessions[1].at("dashed"), true);
  std::string palette = "const colors = [";  // as the script has it
  for (const Color& color : kPalette) palette += '"' + html_color(color) + "\", ";
  EXPECT_THAT(html, HasSubstr(palette.substr(0, palette.size() - 2) + "];"));
}

TEST(ReportPage, PlaysFilmsFromWithinItself) {
  ReportPage page{.title = "t"};
  page.films = {{"a.mp4", "video/mp4", "foobar"}, {"b.gif", "image/gif", "f"}};
  const std::string html = report_page_html(page);
  EXPECT_THAT(html, HasSubstr("<video controls loop aria-label=\"a.mp4\" src=\"data:video/mp4;base64,Zm9vYmFy\">"));
  EXPECT_THAT(html, HasSubstr("<img alt=\"b.gif\" src=\"data:image/gif;base64,Zg==\">"));
  EXPECT_THAT(html, HasSubstr("media-src data:")) << "its policy forbids what it does not name";
}

TEST(ReportPage, WithoutCurvesThereIsNoScript) {
  EXPECT_THAT(report_page_html(ReportPage{.title = "t"}), Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace slm::report_page_test
