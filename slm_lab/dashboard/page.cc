#include "slm_lab/dashboard/page.h"

#include <array>

namespace slm {
namespace {

constexpr std::string_view kPage =
#include "slm_lab/dashboard/page.inc"
    ;
constexpr std::string_view kPageStyle =
#include "slm_lab/dashboard/page_style.inc"
    ;
constexpr std::string_view kPageScript =
#include "slm_lab/dashboard/page_script.inc"
    ;
// What the HTML report has too.
constexpr std::string_view kReportStyle =
#include "slm_lab/report/report_style.inc"
    ;
constexpr std::string_view kChartScript =
#include "slm_lab/report/chart_script.inc"
    ;

constexpr std::array kPageFiles = {
    PageFile{"/", "text/html; charset=utf-8", kPage},
    PageFile{"/report.css", "text/css; charset=utf-8", kReportStyle},
    PageFile{"/dashboard.css", "text/css; charset=utf-8", kPageStyle},
    PageFile{"/chart.js", "text/javascript; charset=utf-8", kChartScript},
    PageFile{"/dashboard.js", "text/javascript; charset=utf-8", kPageScript},
};

}  // namespace

std::span<const PageFile> page_files() { return kPageFiles; }

}  // namespace slm
