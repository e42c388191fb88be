// Whatever happens to the files of a run: no crash, nothing damaged is taken for good, and the older checkpoint is used
// whenever it is good. SLM_LAB_DAMAGES sets how many (scripts/damage_runs.sh), each from a seed of its own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/experiment/session.h"
#include "slm_lab/experiment/session_files.h"
#include "slm_lab/store/checkpoint.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/saved_spec.h"
#include "slm_lab/store/weights.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

struct ShortRun {
  const char* file;
  const char* spec;
  std::vector<std::string> overrides;
  int segments = 0;    ///< of its two checkpoints
  int log_points = 2;  ///< from one checkpoint to the next
};

void PrintTo(const ShortRun& run, std::ostream* out) { *out << run.spec; }

const ShortRun kPpo{
    "ppo/ppo_cartpole.json",
    "ppo_cartpole",
    {"env.max_frame=6000", "meta.log_frequency=500", "env.normalize_obs=true", "agent.algorithm.time_horizon=64",
     "agent.algorithm.training_epoch=1", "agent.algorithm.minibatch_size=64"}};
/// Its replay and priorities are large enough to lie in segments of their own.
const ShortRun kLargeReplay{"dqn/dqn_cartpole.json",
                            "ddqn_per_boltzmann_cartpole",
                            {"env.max_frame=200000", "meta.log_frequency=20000", "agent.memory.max_size=150000",
                             "agent.algorithm.training_frequency=1000", "agent.algorithm.training_start_step=1000"},
                            4};
/// Its rows are.
const ShortRun kLongRecord{"a2c/a2c_gae_cartpole.json",
                           "a2c_gae_cartpole",
                           {"env.max_frame=50000", "env.num_envs=1", "meta.log_frequency=1"},
                           2,
                           5500};

/// A run of one session with two checkpoints, stopped after the second, as the program leaves it.
class DamagedRun : public testing::TestWithParam<ShortRun> {
 protected:
  DamagedRun() {
    LoadOptions options;
    options.overrides = {"meta.max_session=1", "agent.net.hid_layers=[16]"};
    options.overrides.insert(options.overrides.end(), GetParam().overrides.begin(), GetParam().overrides.end());
    loaded_ = load_spec(source_dir() + "/slm_lab/spec/benchmark/" + GetParam().file, GetParam().spec, options);
    folder_.emplace(DataFolder::create(scratch_ / "data", loaded_.name));
    manifest_ = start_manifest(*folder_, scratch_ / "data", loaded_.hash, 0, "test", {});
    save_spec(*folder_, loaded_);
    const LabSpec spec = read_saved_spec(*folder_, 0);
    Session session(spec, 0, 0);
    CheckpointStore store(folder_->checkpoints(0, 0));
    for (int log_points = 0; log_points < 2 * GetParam().log_points;) {
      session.step();
      if (!session.log_point_due()) continue;
      session.log_point();
      if (++log_points % GetParam().log_points != 0) continue;
      SessionFiles(*folder_, 0, 0).write(session, spec);
      store.save([&](Archive& state) { session.serialize(state); });
      states_.push_back(state_of(session));
    }
    for (const std::string& file : files_below(folder_->root())) pristine_[file] = read_file(folder_->root() / file);
  }

  /// Everything that the rest of the run depends on, in short.
  std::string state_of(Session& session) const {
    Archive archive;
    session.serialize(archive);
    Sha256 hash;
    for (const auto& [name, array] : archive.arrays())
      if (name != "seconds" && name != "phase_seconds") hash.update(array.bytes);
    return hash.hex();
  }

  /// What a new process makes of the folder: the state it goes on from, or "" when it refuses.
  std::string resume() const {
    try {
      const DataFolder folder = DataFolder::open(folder_->root());
      const LabSpec spec = read_saved_spec(folder, 0);
      Session session(spec, 0, 0);
      CheckpointStore store(folder.checkpoints(0, 0));
      const auto program = store.load([&](Archive& state) { session.serialize(state); }, [](const std::string&) {});
      return program ? state_of(session) : "start";
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ExitCode::defect) << error.what();
      return "";
    }
  }

  /// A random damage to one random file; its path in the run folder.
  std::string damage(Rng& rng) const {
    auto victim = pristine_.begin();
    std::advance(victim, rng.integers(0, static_cast<std::int64_t>(pristine_.size())));
    const fs::path path = folder_->root() / victim->first;
    std::string bytes = victim->second;
    const auto at = [&] { return static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(bytes.size()))); };
    switch (rng.integers(0, 6)) {
      case 0:
        fs::remove(path);
        return victim->first;
      case 1:
        bytes.resize(at());
        break;
      case 2:
        bytes += bytes.substr(at());
        break;
      case 3: {
        const std::size_t begin = at();
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end(), '\0');
        break;
      }
      case 4: {  // another file of the run in its place
        auto other = pristine_.begin();
        std::advance(other, rng.integers(0, static_cast<std::int64_t>(pristine_.size())));
        bytes = other->second;
        break;
      }
      default: {
        const std::size_t i = at();
        bytes[i] = static_cast<char>(bytes[i] ^ (1 << rng.integers(0, 8)));
      }
    }
    write_file_durably(path, bytes);
    return victim->first;
  }
  void mend(const std::string& file) const { write_file_durably(folder_->root() / file, pristine_.at(file)); }

  static int num_damages() {
    const char* asked = std::getenv("SLM_LAB_DAMAGES");
    return asked == nullptr ? 300 : std::atoi(asked);
  }

  ScratchFolder scratch_;
  LoadedSpec loaded_;
  std::optional<DataFolder> folder_;
  Manifest manifest_;
  std::vector<std::string> states_;              // of the two checkpoints
  std::map<std::string, std::string> pristine_;  // bytes by path
};

TEST_P(DamagedRun, GoesOnFromAGoodCheckpointOrRefuses) {
  ASSERT_EQ(resume(), states_[1]);
  int refused = 0, older = 0;
  for (int i = 0; i < num_damages(); ++i) {
    Rng rng(static_cast<std::uint64_t>(i));
    const std::string file = damage(rng);
    const bool same = file_exists(folder_->root() / file) && read_file(folder_->root() / file) == pristine_.at(file);
    SCOPED_TRACE(fmt::format("seed {}: {}", i, file));
    const std::string state = resume();
    const auto is_of = [&](const char* folder) { return file.find(folder) != file.npos; };
    if (same || is_of("_checkpoints/000001/") || is_of("_checkpoints/segments/000001-")) {
      EXPECT_EQ(state, states_[1]);
    } else if (is_of("_checkpoints/000002/") || is_of("_checkpoints/segments/000002-")) {
      EXPECT_EQ(state, states_[0]);
      ++older;
    } else if (file == "manifest.json") {
      EXPECT_EQ(state, "");
    } else if (file.ends_with("_spec.json")) {  // only white space may differ
      EXPECT_TRUE(state.empty() || state == states_[1]);
      refused += state.empty() ? 1 : 0;
    } else {
      EXPECT_EQ(state, states_[1]);
    }
    mend(file);
  }
  EXPECT_GT(older, num_damages() / 20);
  EXPECT_GT(refused, 0);
}

/// What the test above is about: each checkpoint of a large array has segments of its own.
TEST_P(DamagedRun, HasSegmentsWhereAnArrayIsLarge) {
  int segments = 0;
  for (const auto& [file, bytes] : pristine_) segments += file.find("_checkpoints/segments/") != file.npos ? 1 : 0;
  EXPECT_EQ(segments, GetParam().segments);
}

TEST_P(DamagedRun, WeightsAreReadAsTheyWereOrNotAtAll) {
  const LabSpec spec = read_saved_spec(*folder_, 0);
  for (const std::string& file : files_below(folder_->root())) {
    if (!file.starts_with("model/") || file.find("_checkpoints") != file.npos) continue;
    const fs::path path = folder_->root() / file;
    const std::string good = read_file(path);
    for (int i = 0; i < num_damages() / 10; ++i) {
      Rng rng(static_cast<std::uint64_t>(i));
      std::string bytes = good;
      const auto at = static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(bytes.size())));
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.integers(0, 8)));
      write_file_durably(path, bytes);
      try {
        read_weights(path, {{"env", spec.env.name}});
        EXPECT_TRUE(std::isspace(static_cast<unsigned char>(bytes[at]))) << file << " byte " << at;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::corrupt) << error.what();
      }
    }
    write_file_durably(path, good);
  }
}

TEST_P(DamagedRun, AFinishedRunKnowsEachOfItsFiles) {
  close_manifest(*folder_, manifest_, 1, 0);
  const Manifest finished = read_manifest(*folder_);
  EXPECT_EQ(finished.files.size() + 1, pristine_.size());  // not the manifest itself
  EXPECT_NO_THROW(verify_files(*folder_, finished));
  for (int i = 0; i < num_damages() / 3; ++i) {
    Rng rng(static_cast<std::uint64_t>(i));
    const std::string file = damage(rng);
    const bool same = file_exists(folder_->root() / file) && read_file(folder_->root() / file) == pristine_.at(file);
    if (file != "manifest.json" && !same) {
      EXPECT_THROW(verify_files(*folder_, finished), Error) << "seed " << i << ": " << file;
    }
    mend(file);
  }
}

INSTANTIATE_TEST_SUITE_P(Specs, DamagedRun, testing::Values(kPpo, kLargeReplay, kLongRecord),
                         [](const auto& test) { return test.param.spec; });

}  // namespace
}  // namespace slm
