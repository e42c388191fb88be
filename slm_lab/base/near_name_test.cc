#include "slm_lab/base/near_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace slm::near_name_test {
namespace {

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);  // Levenshtein's textbook example
  EXPECT_EQ(edit_distance("gamma", "gamam"), 1u);     // one swap
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);          // no edit inside a swapped pair
}

std::string near(std::string_view name, const std::vector<std::string>& legal) {
  return near_name(name, legal).value_or("nothing");
}

TEST(NearName, FindsWhatWasMeant) {
  const std::vector<std::string> keys{"gamma", "lam", "clip_vloss", "clip_eps", "minibatch_size", "training_epoch"};
  EXPECT_EQ(near("gama", keys), "gamma");
  EXPECT_EQ(near("GAMMA", keys), "gamma");
  EXPECT_EQ(near("clip_val_loss", keys), "clip_vloss");
  EXPECT_EQ(near("clip_vlos", keys), "clip_vloss");
  EXPECT_EQ(near("minibatch", keys), "minibatch_size");                 // begins with it
  EXPECT_EQ(near("num_minibatch_size_total", keys), "minibatch_size");  // contains it
  EXPECT_EQ(near("CartPole-v2", {"Pendulum-v1", "CartPole-v1"}), "CartPole-v1");
  EXPECT_EQ(near("cartpole", {"Pendulum-v1", "CartPole-v1"}), "CartPole-v1");
}

TEST(NearName, SaysNothingRatherThanNonsense) {
  EXPECT_EQ(near("lr", {"lam", "gamma"}), "nothing");
  EXPECT_EQ(near("entropy", {"lam", "gamma", "clip_eps"}), "nothing");
  EXPECT_EQ(near("la", {"clamp"}), "nothing");  // two letters are in everything
  EXPECT_EQ(near("", {"lam"}), "nothing");
  EXPECT_EQ(near("lam", {}), "nothing");
  EXPECT_EQ(near(std::string(100000, 'x'), {"lam"}), "nothing");
}

TEST(NearName, TiesGoToTheFirst) {
  EXPECT_EQ(near("v3", {"v1", "v2"}), "v1");
  EXPECT_EQ(near("v3", {"v2", "v1"}), "v2");
  EXPECT_EQ(near("xv1", {"xv12", "xv1"}), "xv1");  // but the exact one wins
}

}  // namespace
}  // namespace slm::near_name_test
