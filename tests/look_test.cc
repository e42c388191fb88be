// Looking at what lies in the data folder: list, plot, diff, repro, report.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

/// Three finished runs, once for all tests: `a`, `b` with another gamma, `c` with another seed; and a search.
class Look : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch() = std::make_unique<ScratchFolder>();
    ASSERT_EQ(train("a").exit_code, 0);
    ASSERT_EQ(train("b", {"--override", "agent.algorithm.gamma=0.9"}).exit_code, 0);
    ASSERT_EQ(train("c", {"--seed", "7"}).exit_code, 0);
    ASSERT_EQ(train("s",
                    {"--override", R"(search={"agent.algorithm.gamma__uniform": [0.9, 0.99]})", "--override",
                     "meta.max_trial=3"},
                    "search")
                  .exit_code,
              0);
  }
  static void TearDownTestSuite() { scratch().reset(); }

  static std::unique_ptr<ScratchFolder>& scratch() {
    static std::unique_ptr<ScratchFolder> folder;
    return folder;
  }
  static fs::path data() { return *scratch() / "data"; }
  static ProcessResult train(const std::string& name, const Words& more = {}, const std::string& mode = "train") {
    Words words = {"run",
                   source_dir() + "/slm_lab/spec/benchmark/a2c/a2c_gae_cartpole.json",
                   "a2c_gae_cartpole",
                   mode,
                   "--data",
                   data().string(),
                   "--name",
                   name};
    for (const char* change : {"env.max_frame=2000", "meta.log_frequency=500", "meta.max_session=2"})
      words.insert(words.end(), {"--override", change});
    words.insert(words.end(), more.begin(), more.end());
    return run_program(slm_lab(words));
  }
  static ProcessResult lab(Words words) {
    words.insert(words.end(), {"--data", data().string()});
    return run_program(slm_lab(words));
  }
};

TEST_F(Look, ListShowsEveryRunAndWhatBecameOfIt) {
  const ProcessResult listed = lab({"list"});
  ASSERT_EQ(listed.exit_code, 0) << listed.err;
  for (const char* text : {"a     done  ActorCritic", "2k/2k", "s     done", "3/3 trials"})
    EXPECT_THAT(listed.out, HasSubstr(text));
  const Json runs = Json::parse(lab({"list", "--json"}).out);
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs[0].at("name"), "a");
  EXPECT_EQ(runs[0].at("frame"), 2000);
  EXPECT_EQ(runs[2].at("seed"), 7);
  const Json metrics = Json::parse(read_file(data() / "a" / "a2c_gae_cartpole_t0_trial_metrics_scalar.json"));
  EXPECT_EQ(runs[0].at("total_reward_ma"), metrics.at("total_reward_ma"));
  EXPECT_EQ(runs[3].at("kind"), "search");
  EXPECT_EQ(lab({"list", "ppo_cartpole", "--json"}).out, "[]\n");
}

TEST_F(Look, ADamagedRunHidesNoOther) {
  const fs::path copy = data() / "damaged";
  fs::copy(data() / "a", copy, fs::copy_options::recursive);
  write_file_durably(copy / "manifest.json", "{");
  const ProcessResult listed = lab({"list"});
  fs::remove_all(copy);
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_THAT(listed.out, HasSubstr("damaged"));
  EXPECT_THAT(listed.err, HasSubstr("damaged: "));
  EXPECT_THAT(listed.out, HasSubstr("3/3 trials"));
}

TEST_F(Look, DiffSaysWhichKeyAndTheFrameAtWhichTheyPart) {
  const Json keys = Json::parse(lab({"diff", "a", "b", "--json"}).out);
  ASSERT_EQ(keys.at("spec").size(), 1u);
  EXPECT_EQ(keys.at("spec")[0].at("path"), "agent.algorithm.gamma");
  EXPECT_EQ(keys.at("spec")[0].at("after"), "0.9");
  EXPECT_TRUE(keys.at("program").empty());
  EXPECT_TRUE(keys.at("machine").empty());
  for (const Json& session : keys.at("sessions")) EXPECT_FALSE(session.at("same_weights").get<bool>());
  const Json seeds = Json::parse(lab({"diff", "a", "c", "--json"}).out);
  ASSERT_EQ(seeds.at("spec").size(), 1u);
  EXPECT_EQ(seeds.at("spec")[0].at("path"), "meta.seed");
  ASSERT_EQ(seeds.at("sessions").size(), 2u);
  for (const Json& session : seeds.at("sessions")) {
    EXPECT_EQ(session.at("first_frame"), 500) << "other episodes from the start";
    EXPECT_NE(session.at("before"), session.at("after"));
  }
  const ProcessResult same = lab({"diff", "a", "a"});
  EXPECT_THAT(same.out, HasSubstr("spec: the same\nprogram: the same\nmachine: the same\n"));
  EXPECT_THAT(same.out, HasSubstr("s1  the same up to frame 2000 (4 log points); the final weights are the same"));
}

TEST_F(Look, ReproComesToTheSameWeightsAndSaysWhenNot) {
  const ProcessResult repeated = lab({"repro", "a"});
  EXPECT_EQ(repeated.exit_code, 0) << repeated.err;
  EXPECT_THAT(repeated.out, HasSubstr("a repeats: its final weights are the same, bit for bit"));
  const ProcessResult one = lab({"repro", "a", "--sessions", "1"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("\ns0 "));
  EXPECT_THAT(one.out, Not(HasSubstr("\ns1 ")));
  // Another result than what the spec comes to.
  const fs::path copy = data() / "wrong", metrics = copy / "info" / "a2c_gae_cartpole_t0_trial_metrics.json";
  fs::copy(data() / "a", copy, fs::copy_options::recursive);
  Json json = Json::parse(read_file(metrics));
  json["sessions"]["1"]["weights_sha256"] = std::string(64, '0');
  write_file_durably(metrics, json.dump());
  const ProcessResult wrong = lab({"repro", "wrong"});
  fs::remove_all(copy);
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.out, HasSubstr("wrong does not repeat, with the same program on the same kind of processor"));
  EXPECT_EQ(lab({"repro", "s"}).exit_code, 2) << "a search";
  fs::remove_all(data() / "repro");
}

TEST_F(Look, PlotDrawsSeveralRunsAsPngAndSvg) {
  const ProcessResult plotted = lab({"plot", "-f", "a,b,s", "-t", "Gammas", "-l", "high,low,searched"});
  ASSERT_EQ(plotted.exit_code, 0) << plotted.err;
  const fs::path png = data() / "plots" / "gammas_multi_trial_graph_total_reward_ma.png";
  EXPECT_THAT(plotted.out, StartsWith(png.string() + "\n"));
  EXPECT_THAT(read_file(png), StartsWith("\x89PNG"));
  EXPECT_TRUE(fs::exists(fs::path(png).replace_extension(".svg")));
  const fs::path svg = data() / "plots" / "one.svg";
  const ProcessResult timed = lab({"plot", "-f", "a", "-f", "b", "--over", "time", "--center", "iqm", "--band", "range",
                                   "--metric", "loss", "-o", svg.string()});
  EXPECT_EQ(timed.out, svg.string() + "\n") << timed.err;
  fs::remove_all(data() / "plots");
}

TEST_F(Look, TheDoctorNamesEachPartAndTheLineThatInstallsIt) {
  const ProcessResult asked = lab({"doctor"});
  ASSERT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("can be written"));
  const Json findings = Json::parse(lab({"doctor", "--json"}).out);
  for (const Json& finding : findings) {
    const std::string name = finding.at("name"), mend = finding.at("mend");
    if (name == "box2d" || name == "ray") {
      EXPECT_EQ(mend.ends_with(" setup " + name), !finding.at("ready").get<bool>()) << mend;
    }
  }
  const fs::path below_a_file = data() / "a" / "manifest.json" / "data";
  EXPECT_THAT(run_program(slm_lab({"doctor", "--data", below_a_file.string()})).out, HasSubstr("cannot be written"));
}

TEST_F(Look, WrongWordsAreRefusedWithTheNearestRightOne) {
  const auto refusal = [](const Words& words) {
    const ProcessResult result = lab(words);
    EXPECT_EQ(result.exit_code, 2) << result.out;
    return result.err;
  };
  EXPECT_THAT(refusal({"plot", "-f", "a2c_gae_cartpol"}), HasSubstr("did you mean a2c_gae_cartpole?"));
  EXPECT_THAT(refusal({"plot", "-f", "a", "--metric", "total_rewards"}), HasSubstr("did you mean total_reward?"));
  EXPECT_THAT(refusal({"plot", "-f", "a", "--metric", "alpha"}), HasSubstr("none of these runs has a value"));
  EXPECT_THAT(refusal({"plot", "-f", "a,b", "-l", "one"}), HasSubstr("--legend: 1 names for 2 runs"));
  EXPECT_THAT(refusal({"plot", "-f", "a", "--band", "ci90"}), HasSubstr("ci95"));
  EXPECT_THAT(refusal({"diff", "a", "s"}), HasSubstr("a search"));
  EXPECT_THAT(refusal({"report", "nothing"}), HasSubstr("`slm-lab list` shows them"));
}

TEST_F(Look, AReportIsOneFileThatNeedsNothingElse) {
  const ProcessResult run = lab({"report", "a"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string page = read_file(data() / "reports" / "a.html");
  for (const char* text : {"<title>a</title>", "ActorCritic on CartPole-v1", "const data = {", "<td>s1</td>",
                           "default-src 'none'", "&quot;max_frame&quot;: 2000", "SHA-256 of the weights"})
    EXPECT_THAT(page, HasSubstr(text));
  for (const char* outside : {"http://", "https://", "src=\"/", "@import", "url("})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  const fs::path file = data() / "reports" / "search.html";
  ASSERT_EQ(lab({"report", "s", "-o", file.string()}).exit_code, 0);
  const std::string search = read_file(file);
  for (const char* text : {"<td>t2</td>", "<th>gamma</th>", "Parallel coordinates", "data:image/png;base64,iVBOR"})
    EXPECT_THAT(search, HasSubstr(text));
  fs::remove_all(data() / "reports");
}

}  // namespace
}  // namespace slm
