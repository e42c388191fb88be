#include "slm_lab/report/palette.h"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "slm_lab/algorithm/registry.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/benchmark/benchmark_folder.h"
#include "slm_lab/experiment/benchmark_rows.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/spec/report.h"

namespace slm::palette_test {
namespace {

std::tuple<double, double, double> rgb_of(const Color& color) { return {color.red, color.green, color.blue}; }

TEST(Palette, EveryAlgorithmHasAColourOfItsOwn) {
  std::map<std::tuple<double, double, double>, std::string> owners;
  for (const AlgorithmEntry& entry : algorithm_table()) {
    const AlgorithmColor* row = find_algorithm_color(entry.name);
    ASSERT_NE(row, nullptr) << entry.name << ": add a row to kAlgorithmColors in slm_lab/report/palette.h";
    const auto [owner, is_new] = owners.emplace(rgb_of(row->color), entry.name);
    EXPECT_TRUE(is_new) << entry.name << " has the colour of " << owner->second << " in slm_lab/report/palette.h";
  }
}

TEST(Palette, ARowOfTheBenchmarkHasTheColourOfItsSpecsAlgorithm) {
  for (const BenchmarkRow& row : benchmark_rows()) {
    if (row.algorithm == "Rainbow") continue;  // a C51, beside which plain C51 is drawn
    SpecReport report{std::string(row.spec_file)};
    const LabSpec spec = read_lab_spec(load_benchmark_spec(row, source_dir(), 1, 0, {}), report);
    const AlgorithmColor* color = find_algorithm_color(row.algorithm);
    ASSERT_NE(color, nullptr) << row.id << ": " << row.algorithm << " has no row in slm_lab/report/palette.h";
    EXPECT_EQ(rgb_of(color->color), rgb_of(algorithm_color(spec.agent.algorithm_name))) << row.id;
  }
}

}  // namespace
}  // namespace slm::palette_test
