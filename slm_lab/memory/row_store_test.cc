#include "slm_lab/memory/row_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "slm_lab/base/archive.h"
#include "slm_lab/memory/imitation_replay.h"
#include "slm_lab/memory/replay.h"

namespace slm {
namespace {

constexpr int kPixels = 2 * 3 * 4;

Space image() {
  Space space = Space::box(std::vector<float>(kPixels, 0), std::vector<float>(kPixels, 255));
  space.shape = {2, 3, 4};
  return space;
}

std::vector<float> pixels(int seed) {
  std::vector<float> all(kPixels);
  for (int i = 0; i < kPixels; ++i) all[static_cast<std::size_t>(i)] = static_cast<float>((seed * 37 + i * 11) % 256);
  return all;
}

TEST(RowStore, KeepsImagesInBytesAndTheRestInFloats) {
  EXPECT_EQ(RowStore::row_bytes(image(), 2), kPixels + 8);
  EXPECT_EQ(RowStore::row_bytes(Space::box({-1, -1}, {1, 1}), 3), 20);
  RowStore store(image(), 2, 3);
  for (int row = 0; row < 3; ++row) store.append(pixels(row).data())[1] = static_cast<float>(row);
  store.write(1, pixels(9).data())[1] = 9;
  EXPECT_EQ(store.size(), 3);
  std::vector<float> read(kPixels);
  for (const auto& [row, seed] : {std::pair{0, 0}, {1, 9}, {2, 2}}) {
    store.read_obs(row, read.data());
    EXPECT_EQ(read, pixels(seed));
    EXPECT_EQ(store.extras(row)[1], static_cast<float>(seed));
  }
  Archive archive;
  store.serialize(archive);
  const Archive::Arrays& arrays = archive.arrays();
  EXPECT_EQ(arrays.at("pixels").bytes.size(), 3u * kPixels);
  EXPECT_EQ(arrays.at("numbers").bytes.size(), 3u * 2 * sizeof(float));
}

/// Observation t of episode e has pixels(10 e + t); episodes of four steps, of which every other is truncated.
TEST(RowStore, CarriesTheTransitionsOfAReplayOfImages) {
  EnvInfo info{.name = "Image", .obs_space = image(), .action_space = Space::discrete(100), .num_envs = 1};
  ReplayConfig config;
  config.batch_size = 64;
  config.max_size = 30;
  Replay replay(config, info);
  ImitationReplay imitation(config, 1, info);
  StepResult step;
  step.resize(1, kPixels);
  const auto set = [](Matrix& obs, int seed) {
    const std::vector<float> image = pixels(seed);
    obs = Eigen::Map<const Matrix>(image.data(), 1, kPixels);
  };
  Matrix obs;
  for (int episode = 0; episode < 9; ++episode)
    for (int t = 0; t < 4; ++t) {
      set(obs, 10 * episode + t);
      set(step.next_obs, 10 * episode + t + 1);
      step.rewards.setConstant(1);
      step.terminated.setConstant(t == 3 && episode % 2 == 0);
      step.truncated.setConstant(t == 3 && episode % 2 == 1);
      const Matrix action = Matrix::Constant(1, 1, static_cast<float>(10 * episode + t));
      step.end_episodes();
      replay.add(obs, action, step);
      imitation.add(obs, action, step, Vector::Zero(1));
    }
  Rng rng(1);
  Batch batch;
  replay.sample(rng, 0.9f, 1, 0, batch);
  Matrix expected;
  for (Eigen::Index i = 0; i < 64; ++i) {
    const int seed = static_cast<int>(batch.actions(i, 0));
    set(expected, seed);
    EXPECT_EQ(batch.obs.row(i), expected);
    set(expected, seed + 1);
    const bool task_ended = batch.discounts[i] == 0;  // then there is no next observation
    EXPECT_TRUE(task_ended || batch.next_obs.row(i) == expected) << seed;
  }
  ImitationBatch imitated;
  imitation.sample(rng, 0, imitated);
  for (Eigen::Index i = 0; i < 64; ++i) {
    set(expected, static_cast<int>(imitated.actions(i, 0)));
    EXPECT_EQ(imitated.obs.row(i), expected);
  }
}

}  // namespace
}  // namespace slm
