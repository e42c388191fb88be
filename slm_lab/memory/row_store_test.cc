#include "slm_lab/memory/row_store.h"

#include <gtest/gtest.h>

#include "slm_lab/base/archive.h"
#include "slm_lab/memory/imitation_replay.h"
#include "slm_lab/memory/replay.h"
#include "slm_lab/memory/rollout.h"

namespace slm::row_store_test {
namespace {

constexpr int kElements = 2 * 3 * 4;

const Space kImage = Space::bytes({2, 3, 4}), kRow = Space::row(kElements);

/// One observation of its own for each seed; floats are no whole numbers.
Observations observation(const Space& space, int seed) {
  Observations obs;
  obs.resize(1, space);
  for (int i = 0; i < kElements; ++i) {
    const int value = (seed * 37 + i * 11) % 256;
    if (space.of_bytes)
      obs.bytes()(0, i) = static_cast<std::uint8_t>(value);
    else
      obs.floats()(0, i) = static_cast<float>(value) + 0.25f;
  }
  return obs;
}

TEST(RowStore, KeepsEveryElementAsItIs) {
  EXPECT_EQ(RowStore::row_bytes(kImage, 2), kElements + 8);
  EXPECT_EQ(RowStore::row_bytes(kRow, 2), 4 * kElements + 8);
  for (const Space& space : {kImage, kRow}) {
    RowStore store(space, 2, 3);
    for (int row = 0; row < 3; ++row) store.append(observation(space, row).row_data(0))[1] = static_cast<float>(row);
    store.write(1, observation(space, 9).row_data(0))[1] = 9;
    EXPECT_EQ(store.size(), 3);
    Archive archive;
    store.serialize(archive);
    Archive in = archive.reopened();
    RowStore restored(space, 2, 3);
    restored.serialize(in);
    for (const RowStore* each : {&store, &restored}) {
      Observations read = observation(space, 100);
      for (const auto& [row, seed] : {std::pair{0, 0}, {1, 9}, {2, 2}}) {
        each->read_obs(row, read.row_data(0));
        EXPECT_EQ(read, observation(space, seed));
        EXPECT_EQ(each->extras(row)[1], static_cast<float>(seed));
      }
    }
    const Archive::Arrays& arrays = archive.arrays();
    EXPECT_EQ(arrays.contains("bytes"), space.of_bytes);
    if (space.of_bytes) {
      EXPECT_EQ(arrays.at("bytes").bytes.size(), 3u * kElements);
    }
    EXPECT_EQ(arrays.at("numbers").bytes.size(), 3u * (space.of_bytes ? 2 : 2 + kElements) * sizeof(float));
  }
}

/// Observation t of episode e has the seed 10 e + t; episodes of four steps, of which every other is truncated.
template <class Add>
void play(const Space& space, Add add) {
  StepResult step;
  step.resize(1, space);
  for (int episode = 0; episode < 9; ++episode)
    for (int t = 0; t < 4; ++t) {
      const int seed = 10 * episode + t;
      step.next_obs = observation(space, seed + 1);
      step.rewards.setConstant(1);
      step.terminated.setConstant(t == 3 && episode % 2 == 0);
      step.truncated.setConstant(t == 3 && episode % 2 == 1);
      step.end_episodes();
      add(observation(space, seed), Matrix(Matrix::Constant(1, 1, static_cast<float>(seed))), step);
    }
}

Observations row_of(const Observations& obs, Eigen::Index i) {
  if (obs.are_bytes()) return ByteMatrix(obs.bytes().row(i));
  return Matrix(obs.floats().row(i));
}

class EveryMemory : public testing::TestWithParam<Space> {
 protected:
  const Space& space() const { return GetParam(); }
  EnvInfo info_{.name = "Numbers", .obs_space = GetParam(), .action_space = Space::discrete(100), .num_envs = 1};
};

TEST_P(EveryMemory, OfTransitionsKeepsObservationsAsTheyAre) {
  ReplayConfig config;
  config.batch_size = 64;
  config.max_size = 30;
  Replay replay(config, info_), restored(config, info_);
  play(space(), [&](const auto&... step) { replay.add(step...); });
  Archive archive;
  archive("replay", replay);
  Archive in = archive.reopened();
  in("replay", restored);
  for (Replay* each : {&replay, &restored}) {
    Rng rng(1);
    Batch batch;
    each->sample(rng, 0.9f, 1, 0, batch);
    for (Eigen::Index i = 0; i < 64; ++i) {
      const int seed = static_cast<int>(batch.actions(i, 0));
      EXPECT_EQ(row_of(batch.obs, i), observation(space(), seed));
      const bool task_ended = batch.discounts[i] == 0;  // then there is no next observation
      EXPECT_TRUE(task_ended || row_of(batch.next_obs, i) == observation(space(), seed + 1)) << seed;
    }
  }
}

TEST_P(EveryMemory, OfImitationKeepsObservationsAsTheyAre) {
  ReplayConfig config;
  config.batch_size = 64;
  config.max_size = 30;
  ImitationReplay imitation(config, 1, info_);
  play(space(), [&](const auto&... step) { imitation.add(step..., Vector::Zero(1)); });
  Rng rng(1);
  ImitationBatch batch;
  imitation.sample(rng, 0, batch);
  for (Eigen::Index i = 0; i < 64; ++i)
    EXPECT_EQ(row_of(batch.obs, i), observation(space(), static_cast<int>(batch.actions(i, 0))));
}

TEST_P(EveryMemory, OfARolloutKeepsObservationsAsTheyAre) {
  OnPolicyBatchReplay memory(36, info_), restored(36, info_);
  play(space(), [&](const auto&... step) { memory.add(step...); });
  Archive archive;
  archive("memory", memory);
  Archive in = archive.reopened();
  in("memory", restored);
  for (const OnPolicyBatchReplay* each : {&memory, &restored}) {
    const Rollout& rollout = each->rollout();
    Observations row = observation(space(), 0);
    const auto expect_row = [&](const ObservationsView& rows, Eigen::Index i, int seed) {
      ASSERT_EQ(rows.row_bytes(), row.row_bytes());
      std::copy_n(rows.row_data(i), rows.row_bytes(), row.row_data(0));
      EXPECT_EQ(row, observation(space(), seed));
    };
    ASSERT_EQ(rollout.obs().rows(), 36);
    for (int i = 0; i < 36; ++i) expect_row(rollout.obs(), i, 10 * (i / 4) + i % 4);
    ASSERT_EQ(rollout.final_obs().rows(), 4);  // of the episodes 1, 3, 5, 7, which the clock ended
    for (int k = 0; k < 4; ++k) expect_row(rollout.final_obs(), k, 10 * (2 * k + 1) + 4);
  }
}

TEST_P(EveryMemory, RefusesObservationsOfAnotherKind) {
  const Space& other = space().of_bytes ? kRow : kImage;
  ReplayConfig config;
  config.max_size = 30;
  Replay replay(config, info_);
  OnPolicyBatchReplay memory(36, info_);
  ImitationReplay imitation(config, 1, info_);
  const auto play_other = [&](auto add) { play(other, add); };
  EXPECT_THROW(play_other([&](const auto&... step) { replay.add(step...); }), std::logic_error);
  EXPECT_THROW(play_other([&](const auto&... step) { memory.add(step...); }), std::logic_error);
  EXPECT_THROW(play_other([&](const auto&... step) { imitation.add(step..., Vector::Zero(1)); }), std::logic_error);
}

TEST_P(EveryMemory, TakesAByteForAByte) {
  ReplayConfig config;
  config.max_size = 1000;
  const std::int64_t element = space().of_bytes ? 1 : 4;
  // a row: observation; action, reward and what follows; two final observations besides
  EXPECT_EQ(replay_bytes(config, info_), 1000 * (kElements * element + 12) + 2 * kElements * element);
}

INSTANTIATE_TEST_SUITE_P(Observations, EveryMemory, testing::Values(kImage, kRow),
                         [](const auto& instance) { return instance.param.of_bytes ? "Bytes" : "Floats"; });

}  // namespace
}  // namespace slm::row_store_test
