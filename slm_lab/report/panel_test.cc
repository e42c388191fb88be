#include "slm_lab/report/panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

namespace slm::panel_test {
namespace {

using testing::HasSubstr;
using testing::Not;

SessionProgress half_way() {
  return {.name = "s0",
          .state = SessionProgress::State::running,
          .frame = 105000,
          .max_frame = 200000,
          .fps = 8412,
          .seconds = 12,
          .return_ma = 387.2,
          .best = 401.33};
}

std::size_t columns(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; });
}

TEST(Render, ShowsEverythingWhereThereIsRoom) {
  EXPECT_EQ(render(half_way(), {.width = 113, .unicode = true}),
            "s0 ━━━━━━━━━━━━━━━━╸───────────────   52%   105k/200k  8.41k/s  return   387.20  best ma   401.33  left   "
            " 0:11");
  EXPECT_EQ(render(half_way(), {.width = 113}),
            "s0 ################................   52%   105k/200k  8.41k/s  return   387.20  best ma   401.33  left   "
            " 0:11");
}

TEST(Render, IsNeverAsWideAsTheTerminal) {
  for (int width = 1; width < 200; ++width)
    for (const bool unicode : {false, true})
      EXPECT_LT(columns(render(half_way(), {.width = width, .unicode = unicode})), std::max(width, 2)) << width;
}

TEST(Render, KeepsWhatIsNeededMost) {
  EXPECT_THAT(render(half_way(), {.width = 80}), testing::AllOf(HasSubstr("8.41k/s"), Not(HasSubstr("best"))));
  EXPECT_THAT(render(half_way(), {.width = 50}), testing::AllOf(HasSubstr("return   387.20"), HasSubstr("left")));
  EXPECT_THAT(render(half_way(), {.width = 20}), testing::AllOf(HasSubstr("52%"), Not(HasSubstr("return"))));
}

TEST(Render, SaysHowASessionEnded) {
  SessionProgress session = half_way();
  session.frame = session.max_frame;
  EXPECT_THAT(render(session, {.width = 110}), testing::EndsWith("    evaluating")) << "the episodes of D-100";
  session.state = SessionProgress::State::done;
  EXPECT_THAT(render(session, {.width = 110}), testing::EndsWith("  done in 0:12"));
  session.state = SessionProgress::State::failed;
  EXPECT_THAT(render(session, {.width = 110}), testing::EndsWith("        failed"));
}

TEST(Render, ColorsAreOnlyThereWhenAskedFor) {
  EXPECT_THAT(render(half_way(), {.width = 110}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render(half_way(), {.width = 110, .color = true}), HasSubstr("\x1b[34m"));
}

TEST(Render, CountsTheSessionsThereIsNoRoomFor) {
  const std::vector<SessionProgress> sessions(5, half_way());
  const std::string all = render(sessions, {.width = 60}, 5);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 4);
  const std::string some = render(sessions, {.width = 60}, 3);
  EXPECT_EQ(std::count(some.begin(), some.end(), '\n'), 2);
  EXPECT_THAT(some, testing::EndsWith("\nand 3 more sessions"));
}

TEST(Render, SaysWhereTheTimeGoesBelowEachSessionThatHasRoom) {
  std::vector<SessionProgress> sessions(2, half_way());
  for (SessionProgress& session : sessions) of_phase(session.phase_seconds.emplace(PhaseSeconds{}), Phase::env) = 1;
  const std::string with = render(sessions, {.width = 60}, 4);
  EXPECT_EQ(std::count(with.begin(), with.end(), '\n'), 3);
  EXPECT_THAT(with, testing::EndsWith("\n   env 100%"));
  EXPECT_THAT(render(sessions, {.width = 10}, 4), testing::EndsWith("\n   env 10"));
  EXPECT_THAT(render(sessions, {.width = 60}, 3), Not(HasSubstr("env")));
  sessions[1].phase_seconds.reset();
  EXPECT_THAT(render(sessions, {.width = 60}, 4), Not(testing::EndsWith("env 100%")));
}

/// A pipe in the place of the terminal.
class PanelOutput : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(ends_.data()), 0); }
  void TearDown() override { close(ends_[0]); }
  int file() const { return ends_[1]; }
  std::string written() {
    close(ends_[1]);
    std::string text(1 << 16, '\0');
    text.resize(std::max<ssize_t>(read(ends_[0], text.data(), text.size()), 0));
    return text;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST_F(PanelOutput, IsPlainLinesWhereItIsNotLive) {
  {
    Panel panel(file(), /*live=*/false);
    panel.show(std::vector{half_way()});
    panel.print("a line");
  }
  EXPECT_EQ(written(), "a line\n");
}

TEST_F(PanelOutput, ALineIsPrintedAboveThePanel) {
  {
    Panel panel(file(), /*live=*/true);
    panel.show(std::vector(2, half_way()));
    panel.print("a line");
  }
  const std::string text = written();
  // one line up, all below erased, the line, the panel again, and at the end the cursor below it
  EXPECT_THAT(text, HasSubstr("\x1b[1F\x1b[Ja line\n"));
  EXPECT_THAT(text, testing::EndsWith("\n"));
  EXPECT_THAT(text, HasSubstr("s0"));
}

// Of a search: what stands above its sessions, cut to the terminal (of 80 columns, as a pipe has none).
TEST_F(PanelOutput, AHeadStandsAboveTheSessions) {
  {
    Panel panel(file(), /*live=*/true);
    panel.show(std::vector{half_way()}, "search 3/16 trials\n" + std::string(100, 'r'));
    panel.show({}, "search 16/16 trials");
  }
  const std::string text = written();
  EXPECT_THAT(text, testing::StartsWith("search 3/16 trials\x1b[K\n" + std::string(79, 'r') + "\x1b[K\n"));
  EXPECT_THAT(text, HasSubstr("\x1b[2Fsearch 16/16 trials\x1b[K\x1b[J"));
}

TEST_F(PanelOutput, RedrawsAtMostAFewTimesASecond) {
  SessionProgress session = half_way();
  {
    Panel panel(file(), /*live=*/true);
    for (session.frame = 1; session.frame < 50; ++session.frame) panel.show(std::vector{session});
  }
  const std::string text = written();
  std::size_t draws = 0;
  for (std::size_t at = 0; (at = text.find("s0", at)) != text.npos; ++at) ++draws;
  EXPECT_LT(draws, 25u);
  EXPECT_THAT(text, HasSubstr("49/200k"));  // the last state is always shown
}

TEST(IsLiveTerminal, APipeIsNone) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  EXPECT_FALSE(is_live_terminal(ends[1]));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace slm::panel_test
