// Mode search on a Ray cluster: two nodes on this machine, and what happens to them. Needs ./slm-lab setup ray.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "slm_lab/base/build_info.h"
#include "slm_lab/experiment/line_process.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/search_journal.h"
#include "tests/support/nap.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

const Words kOnRay = {"--executor", "ray"};

/// The processes whose command line holds both texts.
std::set<pid_t> processes_with(const std::string& a, const std::string& b) {
  std::set<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    std::ifstream file(entry.path() / "cmdline");
    std::string words;
    std::getline(file, words);  // nothing of one that has just ended
    std::ranges::replace(words, '\0', ' ');
    if (words.find(a) != words.npos && words.find(b) != words.npos) found.insert(std::stoi(name));
  }
  return found;
}

pid_t parent_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text);
  const std::size_t behind_name = text.rfind(')');
  return behind_name == text.npos ? 0 : std::stoi(text.substr(behind_name + 4));
}

class RaySearch : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(python_)) GTEST_SKIP() << "Ray is not installed: ./slm-lab setup ray";
    setenv("RAY_TMPDIR", scratch_.path().c_str(), 1);
    setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0", 1);  // all of Ray listens on 127.0.0.1 only
    setenv("RAY_worker_niceness", "0", 1);
    Words cluster = {python_.string(), source_dir() + "/tests/support/ray_cluster.py"};
    if (hides_data()) {
      fs::create_directories(data_);
      cluster.push_back(data_.string());
    }
    cluster_ = std::make_unique<LineProcess>(cluster, scratch_ / "cluster.log");
    Words lines;
    while (lines.empty() && cluster_->receive(1000, lines)) {
    }
    ASSERT_FALSE(lines.empty()) << read_file(scratch_ / "cluster.log");
    const Json said = Json::parse(lines[0]);
    setenv("RAY_ADDRESS", said["address"].get<std::string>().c_str(), 1);
    raylets_ = said["raylets"].get<std::vector<pid_t>>();
    // Only root may mount; what a worker does then is held everywhere, by tests/ray_worker_test.py.
    if (hides_data() && !said["hidden"]) GTEST_SKIP() << "no leave to mount a file system for a node";
  }
  virtual bool hides_data() const { return false; }  ///< from the second node

  Words words(const std::string& mode, const fs::path& data, const Words& overrides, const Words& more) const {
    Words words = {"run",          source_dir() + "/slm_lab/spec/benchmark/ppo/ppo_cartpole.json",
                   "ppo_cartpole", mode,
                   "--data",       data.string(),
                   "--name",       "run"};
    if (mode != "search") words.resize(words.size() - 2);
    Words changes = {"env.max_frame=2000",
                     "meta.log_frequency=250",
                     "meta.max_session=1",
                     "meta.max_trial=4",
                     "agent.algorithm.time_horizon=32",
                     "agent.net.hid_layers=[16]",
                     "agent.algorithm.minibatch_size=64",
                     "meta.search_sampler=random",
                     R"(search={"agent.algorithm.gamma__uniform": [0.9, 0.999]})"};
    changes.insert(changes.end(), overrides.begin(), overrides.end());
    for (const std::string& change : changes) words.insert(words.end(), {"--override", change});
    words.insert(words.end(), more.begin(), more.end());
    return slm_lab(words);
  }
  /// Runs it on this machine; the folder with the results that the cluster should come to.
  fs::path expected(const Words& overrides, const Words& more = {}) const {
    const ProcessResult result = run_program(words("search", scratch_ / "local", overrides, more));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return scratch_ / "local" / "run";
  }
  fs::path run_folder() const { return data_ / "run"; }

  static std::string data_dict(const fs::path& run) {
    return read_file(run / "info/ppo_cartpole_trial_data_dict.json");
  }
  std::set<pid_t> sessions() const { return processes_with(" session ", data_.string()); }

  /// Waits until a session of this trial has written a checkpoint, another one than when this was asked before, and
  /// returns it; 0 where the search ended before.
  pid_t session_with_checkpoint(const Process& search, int trial) {
    std::vector<std::string>& seen = seen_[trial];
    while (search.running()) {
      const auto found = processes_with(" session ", fmt::format("{} --trial={} ", run_folder().string(), trial));
      const auto files = files_below(DataFolder::open(run_folder()).checkpoints(trial, 0));
      if (!found.empty() && !files.empty() && files != seen) {
        seen = files;
        return *found.begin();
      }
      nap();
    }
    return 0;
  }
  /// Each trial has ended once, and as on a machine where nothing happened.
  void expect_as(const fs::path& expected) const {
    EXPECT_EQ(data_dict(run_folder()), data_dict(expected));
    std::map<int, int> ends;
    std::ifstream journal(run_folder() / "info/ppo_cartpole_search_journal.log");
    for (std::string line; std::getline(journal, line);)
      if (const Json json = Json::parse(line); json["op_code"] == 6) ++ends[json["trial_id"].get<int>()];
    EXPECT_EQ(ends.size(), Json::parse(data_dict(expected)).size());
    for (const auto& [trial, count] : ends) EXPECT_EQ(count, 1) << trial;
    EXPECT_THAT(sessions(), IsEmpty());
  }

  const fs::path python_ = source_dir() + "/.deps/ray/bin/python";
  ScratchFolder scratch_;
  fs::path data_ = scratch_ / "data";
  std::map<int, std::vector<std::string>> seen_;  // files of the checkpoints of a trial
  std::vector<pid_t> raylets_;
  std::unique_ptr<LineProcess> cluster_;
};

TEST_F(RaySearch, ComesToTheResultsOfThisMachine) {
  const Words tpe = {R"(meta.search_scheduler={"grace_period": 500, "reduction_factor": 2})", "meta.search_sampler=tpe",
                     "meta.max_trial=13"};
  const fs::path local = expected(tpe, {"--threads", "1"});
  const ProcessResult one = run_program(words("search", data_, tpe, {"--threads", "1", "--executor", "ray"}));
  ASSERT_EQ(one.exit_code, 0) << one.err;
  auto here = results_of(local), there = results_of(run_folder());
  for (auto* results : {&here, &there}) results->erase("info/ppo_cartpole_search_journal.log");  // has times
  EXPECT_THAT(differing(here, there), IsEmpty());
  fs::remove_all(data_);
  fs::remove_all(local);
  // Several at once, on both nodes, with two sessions each.
  const Words two = {"meta.max_session=2"};
  expected(two);
  const ProcessResult several = run_program(words("search", data_, two, kOnRay));
  ASSERT_EQ(several.exit_code, 0) << several.err;
  expect_as(local);
}

const Words kLonger = {"env.max_frame=1000000", "meta.log_frequency=3000"};
const Words kCheckpoints = {"--executor", "ray", "--checkpoint-seconds", "0.1"};

TEST_F(RaySearch, OutlivesItsSessionsWorkersDriverAndNodes) {
  const fs::path local = expected(kLonger);
  Process search(words("search", data_, kLonger, kCheckpoints));
  while (search.running() && !fs::exists(run_folder() / "ppo_cartpole_spec.json")) nap();
  const pid_t first = session_with_checkpoint(search, 0);
  ASSERT_GT(first, 1);
  kill(first, SIGKILL);
  const pid_t second = session_with_checkpoint(search, 1);
  ASSERT_NE(second, 0);
  const pid_t worker = parent_of(second);
  ASSERT_GT(worker, 1);
  kill(worker, SIGKILL);
  ASSERT_NE(session_with_checkpoint(search, 1), 0);
  const auto drivers = processes_with("ray_driver.py", "slm-ray-");
  for (const pid_t driver : drivers)
    if (parent_of(driver) == search.pid()) kill(driver, SIGKILL);
  ASSERT_NE(session_with_checkpoint(search, 1), 0);
  kill(raylets_[1], SIGKILL);
  const ProcessResult result = search.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("t0 | ended by signal 9; tried again from its checkpoint"));
  EXPECT_THAT(result.err, HasSubstr("t1 | its worker is gone ("));
  EXPECT_THAT(result.err, HasSubstr("the Ray driver ended: "));
  expect_as(local);
}

TEST_F(RaySearch, GoesOnAfterItWasKilled) {
  const fs::path local = expected(kLonger);
  Process search(words("search", data_, kLonger, kCheckpoints));
  while (search.running() && !fs::exists(run_folder() / "ppo_cartpole_spec.json")) nap();
  ASSERT_NE(session_with_checkpoint(search, 1), 0);
  search.send(SIGKILL);
  search.wait();
  const auto killed = std::chrono::steady_clock::now();
  while (!sessions().empty() && std::chrono::steady_clock::now() - killed < std::chrono::seconds(10)) nap();
  EXPECT_THAT(sessions(), IsEmpty());
  const ProcessResult result = run_program(words("search@latest", data_, kLonger, kCheckpoints));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_as(local);
}

TEST_F(RaySearch, StopsAtASignal) {
  Process search(words("search", data_, {"env.max_frame=9000000"}, kCheckpoints));
  while (search.running() && !fs::exists(run_folder() / "ppo_cartpole_spec.json")) nap();
  ASSERT_NE(session_with_checkpoint(search, 0), 0);
  search.send(SIGTERM);
  const ProcessResult result = search.wait();
  EXPECT_EQ(result.exit_code, 143) << result.err;
  EXPECT_THAT(result.err, HasSubstr(" --executor ray"));
  for (const JournalTrial& trial : SearchJournal::read(DataFolder::open(run_folder())))
    EXPECT_EQ(trial.state, JournalTrial::State::running);
  EXPECT_THAT(sessions(), IsEmpty());
}

TEST_F(RaySearch, RefusesWhatNoNodeHas) {
  for (const auto& [override, text] :
       {std::pair{"meta.search_resources.cpu=2",
                  "cpu = 2: expected a number of cores that there are; nearest legal value: 1"},
        {"meta.search_resources.gpu=1", "gpu = 1: expected a number of GPUs that there are; nearest legal value: 0"}}) {
    const ProcessResult result = run_program(words("search", data_, {override}, kOnRay));
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(text));
  }
  setenv("RAY_ADDRESS", "127.0.0.1:1", 1);
  const ProcessResult dead = run_program(words("search", data_, {}, kOnRay));
  EXPECT_EQ(dead.exit_code, 8) << dead.err;
  EXPECT_THAT(dead.err, HasSubstr("127.0.0.1:1: no Ray cluster answers there"));
  EXPECT_THAT(files_below(data_), IsEmpty());
}

/// The second node does not see the run folders.
class RaySearchElsewhere : public RaySearch {
 protected:
  bool hides_data() const override { return true; }
  static std::set<pid_t> sessions_elsewhere() { return processes_with(" session ", "slm-lab-session-"); }
  /// Waits until a session on the second node has a checkpoint there, and returns it.
  static pid_t session_with_checkpoint_elsewhere(const Process& search) {
    while (search.running()) {
      const auto found = sessions_elsewhere();
      for (const fs::path& folder : left_behind())
        for (const std::string& file : files_below(folder / "model"))
          if (file.ends_with("_checkpoints/000001/state.safetensors") && !found.empty()) return *found.begin();
      nap();
    }
    return 0;
  }
  static std::vector<fs::path> left_behind() {
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator(fs::temp_directory_path()))
      if (entry.path().filename().string().starts_with("slm-lab-session-")) left.push_back(entry.path());
    return left;
  }
};

TEST_F(RaySearchElsewhere, BringsBackWhatANodeWithoutTheRunFolderHasMade) {
  const Words two = {"meta.max_session=2"};
  const fs::path local = expected(two);
  const ProcessResult result = run_program(words("search", data_, two, kOnRay));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  expect_as(local);
  auto here = results_of(local), there = results_of(run_folder());
  for (auto* results : {&here, &there}) results->erase("info/ppo_cartpole_search_journal.log");  // has times
  EXPECT_THAT(differing(here, there), IsEmpty());
  for (int trial = 0; trial < 4; ++trial)  // both sessions said something, one of them perhaps elsewhere
    for (const char* session : {"s0 | ", "s1 | "})
      EXPECT_THAT(read_file(run_folder() / fmt::format("log/ppo_cartpole_t{}.log", trial)), HasSubstr(session));
  EXPECT_THAT(left_behind(), IsEmpty());
}

const Words kLong = {"env.max_frame=3000000", "meta.log_frequency=9000"};  // it does not end before it is killed

TEST_F(RaySearchElsewhere, GoesOnFromTheCheckpointsOfSessionsThatRanThere) {
  const fs::path local = expected(kLong);
  Process search(words("search", data_, kLong, kCheckpoints));
  const pid_t crashed = session_with_checkpoint_elsewhere(search);
  ASSERT_GT(crashed, 1);
  kill(crashed, SIGKILL);
  while (search.running() && sessions_elsewhere().contains(crashed)) nap();
  ASSERT_GT(session_with_checkpoint_elsewhere(search), 1);
  search.send(SIGTERM);
  const ProcessResult stopped = search.wait();
  EXPECT_EQ(stopped.exit_code, 143) << stopped.err;
  std::smatch trial;
  ASSERT_TRUE(std::regex_search(stopped.err, trial, std::regex("(t[0-9]) \\| ended by signal 9"))) << stopped.err;
  EXPECT_THAT(sessions_elsewhere(), IsEmpty());
  EXPECT_THAT(left_behind(), IsEmpty());
  // On this machine, from what came back.
  const ProcessResult result = run_program(words("search@latest", data_, kLong, {}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(stopped.err + result.err, HasSubstr(trial[1].str() + " | continues from frame"));
  expect_as(local);
}

// Without a cluster Ray runs on this machine alone, and is gone afterwards.
TEST_F(RaySearch, BringsARayOfItsOwn) {
  unsetenv("RAY_ADDRESS");
  const fs::path local = expected({});
  const ProcessResult result = run_program(words("search", data_, {}, {"--executor", "ray", "--threads", "2"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  expect_as(local);
  EXPECT_THAT(processes_with("raylet", "slm-ray-"), IsEmpty());
}

}  // namespace
}  // namespace slm
