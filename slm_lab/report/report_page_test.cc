#include "slm_lab/report/report_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/report/html.h"

namespace slm {
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
  EXPECT_EQ(png_data_url("f"), "data:image/png;base64,Zg==");
  EXPECT_EQ(png_data_url("fo"), "data:image/png;base64,Zm8=");
  EXPECT_EQ(png_data_url("foobar"), "data:image/png;base64,Zm9vYmFy");
}

ReportPage hostile_page() {
  ReportPage page{.title = kHostile, .subtitle = kHostile, .state = kHostile};
  page.facts = {{kHostile, kHostile}};
  page.tables = {{kHostile, {kHostile}, {{kHostile}}}};
  page.pictures = {{kHostile, kHostile}};
  page.texts = {{kHostile, kHostile}};
  page.lines = {{kHostile, 1}};
  page.sessions = {{kHostile, {SessionRow(), SessionRow()}}};
  return page;
}

TEST(ReportPage, NoNameOfARunBecomesMarkup) {
  const std::string html = report_page_html(hostile_page());
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_EQ(html.find("</script"), html.rfind("</script")) << "the end of its own";
  EXPECT_THAT(html.substr(0, html.find("<script>")), Not(HasSubstr("onerror='")));
}

TEST(ReportPage, ALongSessionKeepsItsLastPoint) {
  ReportPage page{.title = "t"};
  page.sessions.emplace_back().name = "s0";
  for (int i = 1; i <= 10001; ++i) {
    page.sessions[0].rows.emplace_back().frame = i;
    page.sessions[0].rows.back().total_reward = 1;
  }
  const std::string html = report_page_html(page);
  const std::size_t begin = html.find("const data = ") + 13;
  const Json json = Json::parse(html.substr(begin, html.find(";\n", begin) - begin));
  const Json& frames = json.at("sessions")[0].at("columns").at("frame");
  EXPECT_LE(frames.size(), 2000u);
  EXPECT_GT(frames.size(), 1000u);
  EXPECT_EQ(frames.back(), 10001);
}

TEST(ReportPage, WithoutCurvesThereIsNoScript) {
  EXPECT_THAT(report_page_html(ReportPage{.title = "t"}), Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace slm
