#include "slm_lab/base/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace slm::profile_test {
namespace {

using testing::Each;
using testing::Not;

double of(PhaseSeconds seconds, Phase phase) { return of_phase(seconds, phase); }

TEST(Profile, DividesTheWallClockAsTheTicksWere) {
  Profile profile(100);
  EXPECT_EQ(profile.go_to(Phase::act, 110), Phase::other);
  EXPECT_EQ(profile.go_to(Phase::env, 130), Phase::act);
  profile.go_to(Phase::act, 160);
  const PhaseSeconds seconds = profile.divide(40, 180);  // of 80 ticks
  EXPECT_EQ(of(seconds, Phase::other), 5);               // 10 ticks
  EXPECT_EQ(of(seconds, Phase::act), 20);                // 20 + 20
  EXPECT_EQ(of(seconds, Phase::env), 15);                // 30
  EXPECT_EQ(total(seconds), 40);
}

TEST(Profile, IsNotChangedByBeingAsked) {
  Profile profile(0);
  profile.go_to(Phase::log, 10);
  EXPECT_EQ(of(profile.divide(1, 20), Phase::log), 0.5);
  EXPECT_EQ(of(profile.divide(1, 20), Phase::log), 0.5);
  EXPECT_EQ(profile.phase(), Phase::log);
}

TEST(Profile, TakesWhatNoPhaseHadForOther) {
  const Profile profile(7);
  EXPECT_EQ(profile.divide(3, 9), undivided(3));
  EXPECT_EQ(profile.divide(3, 7), undivided(3)) << "not a tick";
}

TEST(Profile, SharesTheStepsThatWereNotLookedIntoAsTheOthersWent) {
  Profile profile(0);
  profile.go_to(Phase::act, 0);
  profile.go_to(Phase::env, 1);
  profile.go_to(Phase::store, 4);
  profile.go_to(Phase::step, 8);
  profile.go_to(Phase::loss, 40);  // 32 ticks beside 8
  const PhaseSeconds seconds = profile.divide(64, 64);
  EXPECT_EQ(of(seconds, Phase::act), 5);
  EXPECT_EQ(of(seconds, Phase::env), 15);
  EXPECT_EQ(of(seconds, Phase::store), 20);
  EXPECT_EQ(of(seconds, Phase::loss), 24);
  EXPECT_EQ(total(seconds), 64);

  Profile blind(0);
  blind.go_to(Phase::step, 1);
  EXPECT_EQ(blind.divide(2, 2), undivided(2)) << "no step was looked into";
}

TEST(Profile, StartsAnewInThePhaseInWhichItIs) {
  Profile profile(0);
  profile.go_to(Phase::act, 50);
  profile.restart(60);
  const PhaseSeconds seconds = profile.divide(1, 61);
  EXPECT_EQ(of(seconds, Phase::act), 1);
}

TEST(Profile, LosesNothingToAClockThatGoesBack) {  // a thread that moved to a core whose counter is behind
  Profile profile(100);
  profile.go_to(Phase::act, 90);
  profile.go_to(Phase::env, 100);
  EXPECT_EQ(of(profile.divide(10, 100), Phase::act), 10);
}

TEST(Profile, HasANameForEveryPhase) {
  EXPECT_EQ(kPhaseNames.size(), static_cast<std::size_t>(Phase::other) + 1);
  EXPECT_THAT(kPhaseNames, Each(Not("")));
  EXPECT_EQ(kPhaseNames.back(), "other");
}

/// Which phase it is at a time is all that a timer decides; the ticks are those of the clock.
class PhaseTimerTest : public testing::Test {
 protected:
  Phase now() const { return profile_.phase(); }

  Profile profile_;
  const ProfiledThread thread_{profile_};
};

TEST_F(PhaseTimerTest, GivesTheTimeBackToWhatIsAroundIt) {
  {
    const PhaseTimer update(Phase::loss);
    EXPECT_EQ(now(), Phase::loss);
    {
      const PhaseTimer net(Phase::forward);
      EXPECT_EQ(now(), Phase::forward);
    }
    EXPECT_EQ(now(), Phase::loss);
  }
  EXPECT_EQ(now(), Phase::other);
}

TEST_F(PhaseTimerTest, CountsThePartsOfAnUpdateInAnUpdateAlone) {
  for (const Phase part : {Phase::draw, Phase::forward, Phase::backward, Phase::optimiser}) {
    for (const Phase outer : {Phase::act, Phase::store, Phase::evaluate, Phase::checkpoint}) {
      const PhaseTimer around(outer);
      const PhaseTimer timer(part);
      EXPECT_EQ(now(), outer);
    }
    const PhaseTimer alone(part);
    EXPECT_EQ(now(), Phase::other);
    const PhaseTimer update(Phase::loss);
    const PhaseTimer timer(part);
    EXPECT_EQ(now(), part);
  }
}

TEST_F(PhaseTimerTest, CountsALogPointWhereverItIs) {
  StepTimer(1).then(Phase::act);
  EXPECT_EQ(now(), Phase::step);
  {
    const PhaseTimer log(Phase::log);
    EXPECT_EQ(now(), Phase::log);
  }
  EXPECT_EQ(now(), Phase::step);
}

/// The phase during each part of the step.
std::vector<Phase> phases_of(std::int64_t step, const Profile& profile) {
  std::vector<Phase> phases;
  {
    StepTimer timer(step);
    for (const Phase phase : {Phase::act, Phase::env, Phase::store}) {
      timer.then(phase);
      phases.push_back(profile.phase());
    }
    const PhaseTimer update(Phase::loss);
    phases.push_back(profile.phase());
  }
  phases.push_back(profile.phase());
  return phases;
}

TEST_F(PhaseTimerTest, LooksIntoOneStepIn32AndIntoEveryUpdate) {
  using enum Phase;
  const std::vector<Phase> looked_into = {act, env, store, loss, step}, passed = {step, step, step, loss, step};
  int num_looked_into = 0;
  for (std::int64_t i = 0; i < 32000; ++i) {
    const bool looks = StepTimer::is_looked_into(i);
    EXPECT_EQ(phases_of(i, profile_), looks ? looked_into : passed) << i;
    num_looked_into += looks;
  }
  EXPECT_NEAR(num_looked_into, 1000, 5);
  EXPECT_TRUE(StepTimer::is_looked_into(0)) << "else a session of few steps would know nothing";
}

TEST(StepTimer, GoesAlongWithNoPeriod) {  // of a rollout or an episode, one step of which costs more than others
  for (const int period : {2, 4, 5, 8, 16, 32, 128, 200, 500}) {
    int num_looked_into = 0;
    for (std::int64_t i = period - 1; i < 16000 * period; i += period) num_looked_into += StepTimer::is_looked_into(i);
    EXPECT_NEAR(num_looked_into, 500, 25) << period;
  }
}

TEST_F(PhaseTimerTest, LeavesAPhaseThatEndsInAnException) {
  try {
    const PhaseTimer timer(Phase::env);
    throw 1;
  } catch (int) {
    EXPECT_EQ(now(), Phase::other);
  }
}

TEST_F(PhaseTimerTest, CountsForTheInnermostProfileOfTheThread) {
  Profile inner;
  {
    const ProfiledThread thread(inner);
    const PhaseTimer timer(Phase::act);
    EXPECT_EQ(inner.phase(), Phase::act);
    EXPECT_EQ(now(), Phase::other);
  }
  const PhaseTimer timer(Phase::act);
  EXPECT_EQ(now(), Phase::act);
}

TEST(PhaseTimer, DoesNothingWhereNobodyCounts) {
  const PhaseTimer timer(Phase::act);
  StepTimer(0).then(Phase::env);
}

}  // namespace
}  // namespace slm::profile_test
