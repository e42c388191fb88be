#include "slm_lab/experiment/session_message.h"

#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/experiment/session_command.h"

namespace slm::session_message_test {
namespace {

TEST(SessionMessage, SaysAllThatItHas) {
  SessionMessage message;
  message.kind = SessionMessage::Kind::log_point;
  message.asks = true;
  message.text = "frame 1000\n\xff";  // what a library may say
  message.details = "lr 0.01";
  message.frame = 1000;
  message.fps = 500.5;
  message.seconds = 2;
  of_phase(message.phase_seconds, Phase::env) = 1.5;
  message.total_reward_ma = 0.1 + 0.2;
  message.return_ma = -3;
  message.best = 4;
  const SessionMessage read = SessionMessage::from_line(message.to_line());
  EXPECT_EQ(read.kind, message.kind);
  EXPECT_TRUE(read.asks);
  EXPECT_EQ(read.text, "frame 1000\n\xef\xbf\xbd");
  EXPECT_EQ(read.details, message.details);
  EXPECT_EQ(read.frame, message.frame);
  EXPECT_EQ(read.fps, message.fps);
  EXPECT_EQ(read.seconds, message.seconds);
  EXPECT_EQ(read.phase_seconds, message.phase_seconds);
  EXPECT_EQ(read.total_reward_ma, message.total_reward_ma);
  EXPECT_EQ(read.return_ma, message.return_ma);
  EXPECT_EQ(read.best, message.best);
}

TEST(SessionMessage, SaysNothingOfWhatItHasNot) {
  SessionMessage message;
  message.best = INFINITY;  // JSON knows no such number
  EXPECT_EQ(message.to_line(), "{\"kind\":0,\"frame\":0}\n");
  const SessionMessage read = SessionMessage::from_line(message.to_line());
  EXPECT_FALSE(read.asks);
  EXPECT_EQ(read.text, "");
  EXPECT_EQ(total(read.phase_seconds), 0);
  EXPECT_TRUE(std::isnan(read.total_reward_ma));
  EXPECT_TRUE(std::isnan(read.return_ma));
  EXPECT_TRUE(std::isnan(read.best));
}

TEST(AnswerLine, SaysWhetherASessionGoesOnAndWhereItAsksAgain) {
  const Answer on = answer_of("3000");
  EXPECT_TRUE(on.goes_on);
  EXPECT_EQ(on.ask_at, 3000);
  EXPECT_EQ(answer_line(on), "3000\n");
  EXPECT_FALSE(answer_of("end").goes_on);
  EXPECT_EQ(answer_line({.goes_on = false}), "end\n");
}

}  // namespace
}  // namespace slm::session_message_test
