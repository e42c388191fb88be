// Mode search: from a spec with a search block to a table, files and a spec to train, whatever is killed on the way.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "slm_lab/base/build_info.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/search_journal.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/sanitized.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/small_search.h"

namespace slm {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;
using Json = nlohmann::json;
using Search = SmallSearch;

TEST_F(Search, LeavesATableTheFilesOfEachTrialAndASpecToTrain) {
  const ProcessResult result = run("search", {kAsha});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("trial  total_reward_ma  strength  frames     state   gamma"));
  const Json dict = data_dict();
  ASSERT_EQ(dict.size(), 6u);
  int stopped = 0;
  double best_score = -1;
  std::string best;
  for (const auto& [trial, entry] : dict.items()) {
    const bool is_stopped = entry["state"] == "stopped";
    stopped += is_stopped ? 1 : 0;
    EXPECT_EQ(is_stopped, entry["frame"] < 2000) << entry;
    EXPECT_GE(entry["agent.algorithm.gamma"], 0.9);
    EXPECT_LT(entry["agent.algorithm.gamma"], 0.999);
    for (const char* file : {"_spec.json", "_trial_metrics_scalar.json"})
      EXPECT_TRUE(fs::exists(folder().root() / fmt::format("ppo_cartpole_t{}{}", trial, file))) << trial;
    EXPECT_TRUE(fs::exists(folder().session_csv(std::stoi(trial), 0, "train")));
    if (entry["total_reward_ma"] <= best_score) continue;
    best_score = entry["total_reward_ma"];
    best = trial;
  }
  EXPECT_GE(stopped, 1);
  for (const char* picture : {"", "_slices", "_parallel_coordinates", "_importance", "_learning_curves"})
    EXPECT_TRUE(fs::exists(folder().root() / fmt::format("ppo_cartpole_experiment_graph{}.png", picture))) << picture;
  EXPECT_TRUE(fs::exists(folder().graph() / fmt::format("ppo_cartpole_t{}_s0_session_graph.png", best)));
  const auto df = csv_cells(read_file(folder().search_results("experiment_df.csv")));
  ASSERT_EQ(df.size(), 7u);
  EXPECT_EQ(df[0][2], "agent.net.actor_optim_spec.lr");
  EXPECT_EQ(read_file(folder().root() / "ppo_cartpole_experiment_df.csv"),
            read_file(folder().search_results("experiment_df.csv")));

  // The best spec is the one that was given, with the values of the best trial in it.
  const Json spec = Json::parse(read_file(folder().best_spec()))["ppo_cartpole"];
  EXPECT_EQ(spec["agent"]["algorithm"]["gamma"], dict[best]["agent.algorithm.gamma"]);
  EXPECT_EQ(spec["search"], Json::parse(kSpace));
  EXPECT_THAT(result.out, HasSubstr(fmt::format("run {} ppo_cartpole train", folder().best_spec().string())));
  EXPECT_EQ(run_program(slm_lab({"spec", "check", folder().best_spec().string()})).exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr(fmt::format("enjoy {}", folder().trial_spec_file(std::stoi(best)).string())));
  const ProcessResult played = run_program(slm_lab({"enjoy", folder().trial_spec_file(std::stoi(best)).string()}));
  EXPECT_EQ(played.exit_code, 0) << played.err;
  // The folder itself stands for its best trial.
  EXPECT_EQ(run_program(slm_lab({"enjoy", folder().root().string()})).out, played.out);
}

// A trial is a session of its own number: the same whether it was searched alone or among others.
TEST_F(Search, OneAtATimeIsAFunctionOfSpecAndSeed) {
  ASSERT_EQ(run("search", {kAsha}, {"--threads", "1"}).exit_code, 0);
  auto first = results_of(folder().root());
  fs::remove_all(data_);
  ASSERT_EQ(run("search", {kAsha}, {"--threads", "1", "--checkpoint-seconds", "0"}).exit_code, 0);
  auto second = results_of(folder().root());
  for (auto* results : {&first, &second}) results->erase("info/ppo_cartpole_search_journal.log");
  EXPECT_THAT(differing(first, second), IsEmpty());
  EXPECT_GE(first.size(), 6u * 2 + 3);
  fs::remove_all(data_);
  ASSERT_EQ(run("search", {}, {"--seed", "1", "--threads", "1"}).exit_code, 0);
  EXPECT_THAT(differing(first, results_of(folder().root())), Not(IsEmpty()));
}

TEST_F(Search, KeepsTheModelsOfTheBestTrials) {
  ASSERT_EQ(run("search", {}, {"--keep", "2"}).exit_code, 0);
  std::multimap<double, std::string> by_score;
  const Json dict = data_dict();
  for (const auto& [trial, entry] : dict.items()) by_score.emplace(-entry["total_reward_ma"].get<double>(), trial);
  std::vector<std::string> expected;
  for (auto best = by_score.begin(); best != std::next(by_score.begin(), 2); ++best)
    for (const char* which : {"", "_ckpt-best"})
      expected.push_back(fmt::format("ppo_cartpole_t{}_s0{}_net_model.safetensors", best->second, which));
  EXPECT_THAT(files_below(folder().model()), testing::UnorderedElementsAreArray(expected));
}

TEST_F(Search, RunsAllSessionsWithoutAScheduler) {
  const ProcessResult result = run("search", {"meta.max_session=2", "meta.max_trial=2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("95 % of its mean"));
  const Json dict = data_dict();
  for (const auto& [trial, entry] : dict.items()) {
    EXPECT_TRUE(fs::exists(folder().session_csv(std::stoi(trial), 1, "train")));
    EXPECT_EQ(entry["state"], "complete");
    EXPECT_EQ(entry["total_reward_ma"], trials()[std::stoi(trial)].value);
  }
}

TEST_F(Search, RunsOneSessionUnderASchedulerAndSaysSo) {
  const ProcessResult result = run("search", {"meta.max_session=2", "meta.max_trial=2", kAsha});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("note: meta.max_session = 2: under a scheduler"));
  EXPECT_THAT(result.err, Not(HasSubstr("train leaves it alone")));
  EXPECT_FALSE(fs::exists(folder().session_csv(0, 1, "train")));
  const Json best = Json::parse(read_file(folder().best_spec()))["ppo_cartpole"];
  EXPECT_EQ(best["meta"]["max_session"], 2);  // which train runs
}

constexpr const char* kDivergence = "agent.net.clip_grad_val=null";  // with the larger of the coefficients below

// A net that diverges is the trial's failure: it has a reason, is never the best, and the search goes on.
TEST_F(Search, RecordsAFailedTrialAndGoesOn) {
  const ProcessResult result =
      run("search", {R"(search={"agent.algorithm.val_loss_coef__choice": [0.5, 1e30]})", kDivergence});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  int failed = 0;
  for (const JournalTrial& trial : trials()) {
    if (trial.state != JournalTrial::State::failed) continue;
    ++failed;
    EXPECT_THAT(trial.reason, HasSubstr("PPO: the gradient became inf"));
  }
  EXPECT_GE(failed, 1);
  EXPECT_LE(failed, 5);
  EXPECT_THAT(result.out, HasSubstr(" failed: PPO: the gradient became inf"));
  const Json dict = data_dict();
  for (const auto& [trial, entry] : dict.items())
    EXPECT_EQ(entry["total_reward_ma"].is_null(), entry["agent.algorithm.val_loss_coef"] == 1e30);
  const Json best = Json::parse(read_file(folder().best_spec()))["ppo_cartpole"];
  EXPECT_EQ(best["agent"]["algorithm"]["val_loss_coef"], 0.5);
}

// Nobody else is disturbed by it, and it goes on from its checkpoint: the same results.
TEST_F(Search, StartsATrialAgainThatWasKilled) {
  const Words longer = {kAsha, "env.max_frame=8000", "meta.max_trial=2"};
  ASSERT_EQ(run("search", longer, {"--threads", "1"}).exit_code, 0);
  const std::string expected = read_file(folder().search_results("trial_data_dict.json"));
  fs::remove_all(data_);
  Process process(words("search", longer, {"--threads", "1", "--checkpoint-seconds", "0"}));
  const std::string children = fmt::format("/proc/{0}/task/{0}/children", process.pid());
  pid_t session = 0;
  while (process.running() && session == 0) std::ifstream(children) >> session;
  ASSERT_NE(session, 0);
  while (process.running() && files_below(data_).size() < 13) std::this_thread::yield();  // it has a checkpoint
  kill(session, SIGKILL);
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("t0 | ended by signal 9; tried again from its checkpoint"));
  EXPECT_EQ(read_file(folder().search_results("trial_data_dict.json")), expected);
}

/// The process of a search that runs this trial; 0 where there is none, now.
pid_t session_of(const Process& search, int trial) {
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", search.pid()));
  for (pid_t pid = 0; children >> pid;) {
    std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
    std::string words;
    std::getline(file, words);
    if (words.find(fmt::format("--trial={}", trial) + '\0') != words.npos) return pid;
  }
  return 0;
}

TEST_F(Search, GivesUpATrialThatCrashesForGood) {
  Process process(words("search", {"env.max_frame=20000", "meta.max_trial=3"}, {"--threads", "2"}));
  while (process.running()) {
    if (const pid_t session = session_of(process, 1); session > 1) kill(session, SIGKILL);
    std::this_thread::yield();
  }
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("t1 | failed: ended by signal 9, as the system does where memory runs out"));
  EXPECT_THAT(result.out, HasSubstr("failed: ended by signal 9"));
  ASSERT_EQ(trials().size(), 3u);
  for (const int trial : {0, 1, 2})
    EXPECT_EQ(trials()[trial].state, trial == 1 ? JournalTrial::State::failed : JournalTrial::State::complete) << trial;
  EXPECT_TRUE(data_dict()["1"]["total_reward_ma"].is_null());
  EXPECT_THAT(result.out, Not(HasSubstr("ppo_cartpole_t1_spec.json")));  // which is not the best
}

// A rollout that is larger than what a process may have here, and smaller than the memory of the machine.
TEST_F(Search, RecordsATrialThatRunsOutOfMemory) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer reserves more address space than the limit of this test";
  Words limited = {"/bin/sh", "-c", "ulimit -v 500000; exec \"$@\"", "sh"};
  const Words search =
      words("search", {R"(search={"agent.algorithm.time_horizon__choice": [32, 8000000]})", "meta.search_sampler=grid",
                       "meta.max_trial=2", "env.num_envs=2", "env.max_frame=20000000", "meta.log_frequency=1000",
                       R"(meta.search_scheduler={"grace_period": 2000, "max_t": 2000})"});
  limited.insert(limited.end(), search.begin(), search.end());
  const ProcessResult result = run_program(limited);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(trials().at(0).state, JournalTrial::State::stopped) << result.err;  // at max_t
  EXPECT_EQ(trials().at(1).state, JournalTrial::State::failed) << result.err;
  EXPECT_THAT(trials().at(1).reason, HasSubstr("memory"));
  EXPECT_THAT(result.out, HasSubstr("failed: "));
}

// Ctrl-C of a terminal, or a machine that goes down: trials get the signal themselves, too.
TEST_F(Search, HasNoFailedTrialsWhenAllOfItIsStopped) {
  Process process(words("search", {"env.max_frame=9000000", "meta.max_trial=3"}, {"--threads", "2"}));
  while (process.running() && (session_of(process, 0) == 0 || session_of(process, 1) == 0)) std::this_thread::yield();
  process.send_to_group(SIGTERM);
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.exit_code, 143) << result.err;
  EXPECT_EQ(trials().size(), 2u);
  for (const JournalTrial& trial : trials()) EXPECT_EQ(trial.state, JournalTrial::State::running) << trial.reason;
  EXPECT_THAT(result.err, Not(HasSubstr("failed")));
}

TEST_F(Search, EndsWithTheFailureWhenEveryTrialFailed) {
  const ProcessResult result =
      run("search", {R"(search={"agent.algorithm.val_loss_coef__choice": [1e30]})", kDivergence, "meta.max_trial=2"});
  EXPECT_EQ(result.exit_code, 7) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("train the best")));
  EXPECT_FALSE(fs::exists(folder().best_spec()));
}

TEST_F(Search, EndsAsAWrongSpecWhenNoTrialHasAScore) {
  const Words too_short = {"env.max_frame=16", "meta.log_frequency=4", "agent.algorithm.time_horizon=2",
                           "agent.algorithm.minibatch_size=4", "meta.max_trial=2"};
  for (const std::string mode : {"search", "search@latest"}) {
    const ProcessResult result = run(mode, too_short);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.out, HasSubstr("no episode ended"));
    EXPECT_THAT(result.out, Not(HasSubstr("train the best")));
  }
}

// Of the values of gamma one is legal.
TEST_F(Search, DrawsAgainWhatIsNoLegalSpec) {
  const ProcessResult result =
      run("search", {R"(search={"agent.algorithm.gamma__choice": [0.99, 2, 3, 4, 5]})", "meta.max_trial=5"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  int refused = 0;
  for (const JournalTrial& trial : trials()) refused += trial.refused;
  EXPECT_GT(refused, 0);
  const Json dict = data_dict();
  for (const auto& [trial, entry] : dict.items()) EXPECT_EQ(entry["agent.algorithm.gamma"], 0.99);
}

TEST_F(Search, RefusesASpaceWithoutALegalSpec) {
  EXPECT_THAT(refusal({R"(search={"agent.algorithm.gamma__choice": [2, 3]})"}),
              AllOf(HasSubstr("is legal; the last: "), HasSubstr("agent.algorithm.gamma = ")));
}

TEST_F(Search, RefusesWhatItCannotSearch) {
  EXPECT_THAT(refusal({"search={}"}), HasSubstr("ppo_cartpole has nothing to search: give it a search block"));
  EXPECT_THAT(refusal({"meta.max_trial=null"}), HasSubstr("meta.max_trial: missing"));
  EXPECT_THAT(refusal({R"(search={"agent.algorithm.gama__uniform": [0, 1]})"}),
              HasSubstr("did you mean agent.algorithm.gamma?"));
  EXPECT_THAT(refusal({R"(search={"agent.algorithm.gamma__uniform": [1, 0]})"}), HasSubstr("low must be < high"));
  EXPECT_THAT(refusal({R"(search={"agent.algorithm.gamma__loguniform": [0, 1]})"}), HasSubstr("low must be > 0"));
  EXPECT_THAT(
      refusal({"meta.search_resources.cpu=3"}, 2, {"--threads", "2"}),
      HasSubstr("meta.search_resources.cpu = 3: expected a number of cores that there are; nearest legal value: 2"));
}

TEST_F(Search, SaysWhatAClusterNeeds) {
  const ProcessResult train = run("train", {}, {"--executor", "ray"});
  EXPECT_EQ(train.exit_code, 2);
  EXPECT_THAT(train.err, HasSubstr("--executor ray: trials of a search run on a cluster"));
  const ProcessResult none = run_program(words("search", {}, {"--executor", "ray"}),
                                         {.environment = {"SLM_LAB_ROOT=" + scratch_.path().string()}, .folder = {}});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.err, HasSubstr("Ray is not installed here; install it with: ./slm-lab setup ray"));
  EXPECT_THAT(files_below(data_), IsEmpty());
}

TEST_F(Search, IsAModeAndNoCommand) {
  EXPECT_THAT(run_program(slm_lab({"search"})).err, HasSubstr("search: a mode of run: `slm-lab run SPEC_FILE"));
  EXPECT_THAT(run("serch").err, HasSubstr("did you mean search?"));
}

// As SLM-Lab's commands: the folder's own spec is used, and the interrupted search says how to go on.
TEST_F(Search, StopsAtASignalAndGoesOn) {
  const Words longer = {"env.max_frame=200000", "meta.max_trial=2", kAsha};
  Process process(words("search", longer, {"--threads", "1"}));
  while (process.running() && only_run(data_).empty()) std::this_thread::yield();
  while (process.running() && !fs::exists(only_run(data_) / "log/ppo_cartpole_t0.log")) std::this_thread::yield();
  process.send(SIGINT);
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("Go on with: "));
  EXPECT_THAT(result.err, HasSubstr(" search@" + folder().root().string()));
  ASSERT_EQ(trials().size(), 1u);
  EXPECT_EQ(trials()[0].state, JournalTrial::State::running);
}

TEST_F(Search, FindsAndRefusesWhatToContinue) {
  EXPECT_THAT(run("search@latest").err, HasSubstr("no search of ppo_cartpole in"));
  ASSERT_EQ(run("train").exit_code, 0);
  EXPECT_THAT(run("search@latest").err, HasSubstr("no search of ppo_cartpole in"));
  EXPECT_THAT(run("search@" + only_run(data_).string()).err, HasSubstr("no search; a run goes on with train@"));
  fs::remove_all(data_);
  ASSERT_EQ(run("search", {"meta.max_trial=2"}).exit_code, 0);
  EXPECT_THAT(run("train@latest").err, HasSubstr("no run of ppo_cartpole in"));
  EXPECT_THAT(run("train@" + only_run(data_).string()).err, HasSubstr("a search; it goes on with search@"));
  const ProcessResult other = run("search@latest", {"meta.max_trial=2", "agent.algorithm.gamma=0.5"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("a search keeps its settings; start a new one for"));
  const ProcessResult again = run("search@latest", {"meta.max_trial=2"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("results in"));
  EXPECT_EQ(trials().size(), 2u);
}

// As if there had been so many from the start.
TEST_F(Search, GoesOnWithMoreTrials) {
  const Words tpe = {kAsha, "meta.search_sampler=tpe", "meta.max_trial=14"};
  ASSERT_EQ(run("search", tpe, {"--threads", "1"}).exit_code, 0);
  const std::string expected = read_file(folder().search_results("trial_data_dict.json"));
  fs::remove_all(data_);
  Words fewer = tpe;
  fewer.back() = "meta.max_trial=11";
  ASSERT_EQ(run("search", fewer, {"--threads", "1"}).exit_code, 0);
  const ProcessResult more = run("search@latest", tpe, {"--threads", "1"});
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_EQ(read_file(folder().search_results("trial_data_dict.json")), expected);
  // There are never fewer.
  fewer.back() = "meta.max_trial=3";
  EXPECT_THAT(run("search@latest", fewer).err, HasSubstr("meta.max_trial = 3: the search has 11"));
}

TEST_F(Search, NamesADamagedJournal) {
  ASSERT_EQ(run("search", {"meta.max_trial=2"}).exit_code, 0);
  std::string text = read_file(folder().search_journal());
  text[text.find("\"trial_id\"")] = '?';
  std::ofstream(folder().search_journal()) << text;
  const ProcessResult result = run("search@latest", {"meta.max_trial=2"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, HasSubstr("ppo_cartpole_search_journal.log:"));
}

}  // namespace
}  // namespace slm
