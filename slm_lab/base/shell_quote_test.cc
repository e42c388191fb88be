#include "slm_lab/base/shell_quote.h"

#include <gtest/gtest.h>

namespace slm::shell_quote_test {
namespace {

TEST(ShellQuote, LeavesPlainWordsAlone) {
  EXPECT_EQ(shell_quote("./slm-lab"), "./slm-lab");
  EXPECT_EQ(shell_quote("train@data/ppo_cartpole_2026_11_28_010203"), "train@data/ppo_cartpole_2026_11_28_010203");
}

TEST(ShellQuote, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(shell_quote("my data"), "'my data'");
  EXPECT_EQ(shell_quote("$HOME/`x`"), "'$HOME/`x`'");
  EXPECT_EQ(shell_quote("it's"), R"('it'\''s')");
  EXPECT_EQ(shell_quote(""), "''");
}

TEST(ShellCommand, JoinsWords) { EXPECT_EQ(shell_command({"./slm-lab", "enjoy", "a b"}), "./slm-lab enjoy 'a b'"); }

}  // namespace
}  // namespace slm::shell_quote_test
