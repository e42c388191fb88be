// Against what Ray Tune and Optuna computed: tests/fixtures/search, made by scripts/make_search_fixtures.py.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "slm_lab/search/asha.h"
#include "slm_lab/search/importance.h"
#include "slm_lab/search/median_stopping.h"
#include "slm_lab/search/parzen.h"
#include "slm_lab/spec/report.h"

namespace slm::recorded_test {
namespace {

JsonNode recorded(const std::string& name) {
  const std::string path = source_dir() + std::string("/tests/fixtures/search/") + name;
  return parse_json(read_file(path), path);
}

struct Report {
  int trial;
  std::int64_t frame;
  double value;
  bool goes_on;
};

Report report_of(const JsonNode& node) {
  const auto& e = node.elements;
  const bool is_number = e[2].is(JsonNode::Kind::number);
  return {static_cast<int>(e[0].number), *e[1].integer(),
          is_number ? e[2].number : std::numeric_limits<double>::quiet_NaN(), e[3].boolean};
}

TEST(Asha, DecidesAsRayTuneIn200Streams) {
  const JsonNode streams = recorded("asha.json");
  ASSERT_EQ(streams.elements.size(), 200u);
  int stopped = 0;
  for (std::size_t s = 0; s < streams.elements.size(); ++s) {
    const JsonNode& stream = streams.elements[s];
    const double max_t = stream.find("max_t")->number;
    std::vector<AshaBracket> brackets;  // chosen as Ray Tune drew them
    for (int skipped = 0; skipped < stream.find("brackets")->number; ++skipped)
      brackets.emplace_back(stream.find("grace_period")->number, max_t, stream.find("reduction_factor")->number,
                            skipped);
    const auto& bracket_of = stream.find("bracket_of")->elements;
    int number = 0;
    for (const JsonNode& node : stream.find("reports")->elements) {
      const Report r = report_of(node);
      const auto bracket = static_cast<std::size_t>(bracket_of[static_cast<std::size_t>(r.trial)].number);
      const bool goes_on =
          static_cast<double>(r.frame) < max_t && brackets[bracket].report(r.trial, r.frame, r.value).goes_on;
      ASSERT_EQ(goes_on, r.goes_on) << "stream " << s << ", report " << number;
      stopped += static_cast<double>(r.frame) < max_t && !goes_on;
      ++number;
    }
  }
  EXPECT_GT(stopped, 500);  // the streams say something
}

TEST(MedianStopping, DecidesAsRayTune) {
  int stopped = 0, stream_number = 0;
  for (const JsonNode& stream : recorded("median.json").elements) {
    SearchScheduler spec;
    spec.grace_period = *stream.find("grace_period")->integer();
    const std::int64_t max_frame = *stream.find("max_t")->integer();
    MedianStopping median(spec, max_frame);
    int number = 0;
    for (const JsonNode& node : stream.find("reports")->elements) {
      const Report r = report_of(node);
      const bool goes_on = median.report(r.trial, r.frame, r.value).goes_on;
      if (r.frame < max_frame) {
        ASSERT_EQ(goes_on, r.goes_on) << "stream " << stream_number << ", report " << number;
        stopped += !goes_on;
      }
      ++number;
    }
    ++stream_number;
  }
  EXPECT_GT(stopped, 50);
}

std::vector<SearchPoint> rows(const JsonNode& node) {
  std::vector<SearchPoint> out;
  for (const JsonNode& row : node.elements)
    for (SearchPoint& parameters = out.emplace_back(); const JsonNode& number : row.elements)
      parameters.push_back(number.number);
  return out;
}

/// A space as a spec file has it: [["x__uniform", [0, 1]], ...].
std::vector<SearchDimension> space_of(const JsonNode& node) {
  std::vector<SearchDimension> out;
  for (const JsonNode& dimension : node.elements) {
    const JsonNode root = parse_json(
        "{\"search\": {" + json_quoted(dimension.elements[0].text) + ": " + to_json_line(dimension.elements[1]) + "}}",
        "fixture");
    SpecReport report("fixture");
    SpecReader reader(&root, "", report);
    double x = 0;
    reader.read("x", x, "");
    out.push_back(read_search_space(reader).at(0));
  }
  return out;
}

TEST(ParzenEstimator, HasTheDensitiesOfOptuna) {
  int compared = 0;
  for (const JsonNode& row : recorded("parzen.json").elements) {
    const std::vector<SearchDimension> space = space_of(*row.find("space"));
    const std::vector<SearchPoint> observed = rows(*row.find("observed"));
    const auto bandwidth = row.find("multivariate")->boolean ? Bandwidth::shared : Bandwidth::neighbours;
    const ParzenEstimator estimator(space, observed, bandwidth);
    const std::vector<SearchPoint> points = rows(*row.find("points"));
    for (std::size_t i = 0; i < points.size(); ++i, ++compared) {
      double expected = row.find("log_densities")->elements[i].number;
      EXPECT_NEAR(estimator.log_density(points[i]), expected, 1e-9 * (1 + std::abs(expected)))
          << to_json_line(*row.find("space")) << " with " << observed.size() << " observed";
    }
  }
  EXPECT_GT(compared, 400);
}

// Within what ten seeds of Optuna's forest give, and 0.02 to either side: of three choices each weighs a third, in
// Optuna, which gives each a number from 0 to 1 of its own, a half; and its integers have half a cell at either end.
TEST(ParameterImportance, AgreesWithOptuna) {
  for (const JsonNode& row : recorded("importance.json").elements) {
    const std::vector<SearchDimension> space = space_of(*row.find("space"));
    std::vector<PastTrial> trials;
    for (const SearchPoint& parameters : rows(*row.find("observed")))
      trials.push_back({parameters, TrialState::complete, row.find("values")->elements[trials.size()].number});
    const std::vector<double> ours = parameter_importance(space, trials, 0);
    for (std::size_t d = 0; d < space.size(); ++d) {
      const double least = row.find("least")->elements[d].number, most = row.find("most")->elements[d].number;
      const double margin = 0.02;
      EXPECT_GT(ours[d], least - margin) << "dimension " << d;
      EXPECT_LT(ours[d], most + margin) << "dimension " << d;
    }
  }
}

}  // namespace
}  // namespace slm::recorded_test
