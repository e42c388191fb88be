#include "slm_lab/report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slm::table_test {
namespace {

TEST(TextTable, AlignsCharactersNotBytes) {
  EXPECT_EQ(text_table({"name", "x"}, {{"é", "1.5"}, {"long name", "−10"}}),
            "name         x\n"
            "--------------\n"
            "é          1.5\n"
            "long name  −10\n");
}

}  // namespace
}  // namespace slm::table_test
