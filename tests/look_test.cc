// Looking at what lies in the data folder: list, plot, diff, repro, report.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "slm_lab/store/manifest.h"
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
  EXPECT_EQ(lab({"repro", "s"}).exit_code, 2) << "a search";
  fs::remove_all(data() / "repro");
}

/// A copy of `a` whose manifest `change` makes another; wrong: its results are others than what the spec comes to.
ProcessResult repeat_changed(const fs::path& data, bool wrong, const std::function<void(Manifest&)>& change) {
  const fs::path copy = data / "copy", metrics = copy / "info" / "a2c_gae_cartpole_t0_trial_metrics.json";
  fs::copy(data / "a", copy, fs::copy_options::recursive);
  if (wrong) {
    Json json = Json::parse(read_file(metrics));
    json["sessions"]["1"]["weights_sha256"] = std::string(64, '0');
    write_file_durably(metrics, json.dump());
  }
  const DataFolder folder = DataFolder::open(copy);
  Manifest manifest = read_manifest(folder);
  change(manifest);
  write_manifest(folder, manifest);
  ProcessResult result = run_program(slm_lab({"repro", "copy", "--data", data.string()}));
  fs::remove_all(copy);
  fs::remove_all(data / "repro");
  return result;
}

TEST_F(Look, ReproCallsItADefectOnlyWhereProgramAndProcessorAreTheSame) {
  const ProcessResult defect = repeat_changed(data(), true, [](Manifest& manifest) {
    manifest.starts.back().host = "elsewhere";  // which changes no bit
  });
  EXPECT_EQ(defect.exit_code, 1);
  EXPECT_THAT(defect.out, HasSubstr("copy does not repeat, with the same program on the same kind of processor"));
  const auto on_another = [](Manifest& manifest) {  // its first part: it went on where it is repeated
    manifest.starts.push_back(manifest.starts.back());
    manifest.starts.front().cpu = "Abacus";
  };
  const ProcessResult elsewhere = repeat_changed(data(), true, on_another);
  EXPECT_EQ(elsewhere.exit_code, 3);
  EXPECT_THAT(elsewhere.out, HasSubstr("\ncpu: Abacus -> "));
  EXPECT_THAT(elsewhere.out, HasSubstr("copy does not repeat: bits are promised for one build on one kind of"));
  const ProcessResult compiled =
      repeat_changed(data(), true, [](Manifest& manifest) { manifest.starts.back().compiler = "Compiler 1.0"; });
  EXPECT_EQ(compiled.exit_code, 3) << compiled.out;
  EXPECT_THAT(compiled.out, HasSubstr("\ncompiler: Compiler 1.0 -> "));
  const ProcessResult same = repeat_changed(data(), false, on_another);
  EXPECT_EQ(same.exit_code, 0) << same.out;
  EXPECT_THAT(same.out, HasSubstr("cpu: Abacus -> "));
}

// A committed result was made by an earlier program, perhaps on another processor: it repeats or says why it need not.
TEST_F(Look, ReproOfARowOfTheBenchmarkRepeatsOrNamesWhatIsOther) {
  const ProcessResult row = lab({"repro", "cartpole/a2c", "--sessions", "1"});
  fs::remove_all(data() / "repro");
  EXPECT_THAT(row.out, HasSubstr("git_revision: ")) << row.err;
  EXPECT_THAT(row.out, Not(HasSubstr("compiler"))) << "it is not in a results file";
  if (row.exit_code != 0) {
    EXPECT_EQ(row.exit_code, 3);
    EXPECT_THAT(row.out, HasSubstr("and that was another"));
  }
}

TEST_F(Look, ARunCanBePlayedAndContinuedByItsNameInTheDataFolder) {
  const ProcessResult played = lab({"enjoy", "a", "--episodes", "1"});
  EXPECT_EQ(played.exit_code, 0) << played.err;
  EXPECT_EQ(played.out, lab({"enjoy", (data() / "a").string(), "--episodes", "1"}).out);
  const ProcessResult wrong = lab({"enjoy", (data() / "aa").string()});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("aa: no such run folder; did you mean " + (data() / "a").string() + "?"));
  const std::string file = source_dir() + "/slm_lab/spec/benchmark/a2c/a2c_gae_cartpole.json";
  // Found, and refused for what they are.
  EXPECT_THAT(lab({"run", file, "a2c_gae_cartpole", "train@s"}).err, HasSubstr("data/s: a search; it goes on with"));
  EXPECT_THAT(lab({"run", file, "a2c_gae_cartpole", "search@a"}).err, HasSubstr("data/a: no search; a run goes on"));
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
  for (const char* text : {"<title>a</title>", "ActorCritic on CartPole-v1", "const charts = [{", "<td>s1</td>",
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

TEST_F(Look, AReportShowsTheFilmsThatLieBesideTheRun) {
  const fs::path copy = data() / "filmed", page = data() / "filmed.html";
  fs::copy(data() / "a", copy, fs::copy_options::recursive);
  write_file_durably(copy / "a.mp4", "foobar");
  write_file_durably(copy / "b.gif", "f");
  fs::create_symlink(copy / "manifest.json", copy / "elsewhere.gif");
  write_file_durably(copy / "long.mp4", "");
  fs::resize_file(copy / "long.mp4", std::uintmax_t{65} << 20);
  const ProcessResult run = lab({"report", "filmed", "-o", page.string()});
  fs::remove_all(copy);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string html = read_file(page);
  fs::remove(page);
  EXPECT_THAT(html, HasSubstr("src=\"data:video/mp4;base64,Zm9vYmFy\"></video>"));
  EXPECT_THAT(html, HasSubstr("src=\"data:image/gif;base64,Zg==\">"));
  EXPECT_THAT(html, Not(HasSubstr("elsewhere.gif"))) << "a link may lead out of the run";
  EXPECT_THAT(html, HasSubstr("long.mp4: too large for this page (65 MiB)"));
}

/// What stands between the words, or nothing.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin);
  return from == text.npos ? "" : text.substr(from + begin.size(), text.find(end, from) - from - begin.size());
}

TEST_F(Look, AReportOfTheBenchmarkHasItsRowsAndItsCurves) {
  const fs::path results = *scratch() / "page";
  const ProcessResult ran =
      run_program(slm_lab({"benchmark", "cartpole/a2c", "--sessions", "2", "--override", "env.max_frame=2000", "--data",
                           (*scratch() / "benchmark").string(), "--results", results.string()}));
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  ASSERT_EQ(lab({"report", results.string()}).exit_code, 0);
  const std::string page = read_file(data() / "reports" / "benchmark.html");
  EXPECT_THAT(page, HasSubstr("<td>cartpole/a2c</td><td>not comparable</td>"));
  EXPECT_THAT(page, HasSubstr("<td>acrobot/ppo</td><td>not run</td>"));
  EXPECT_THAT(page, HasSubstr("What the columns mean"));
  const Json charts = Json::parse(between(page, "const charts = ", ";\n"));
  ASSERT_EQ(charts.size(), 1u) << "the environments that anything ran in";
  EXPECT_EQ(charts[0].at("title"), "CartPole-v1");
  ASSERT_EQ(charts[0].at("sessions").size(), 2u);
  const Json& session = charts[0].at("sessions")[1];
  EXPECT_EQ(session.at("group"), "A2C");
  EXPECT_EQ(session.at("columns").at("frame").back(), 2000);
  EXPECT_EQ(session.at("columns").size(), 2u) << "frames and returns alone are kept";
  ASSERT_EQ(lab({"report", "benchmark"}).exit_code, 0);
  EXPECT_THAT(read_file(data() / "reports" / "benchmark.html"), HasSubstr("<td>cartpole/ppo</td><td>pass, robust</td>"))
      << "that of the repository";
  fs::remove_all(data() / "reports");
}

}  // namespace
}  // namespace slm
