#include "slm_lab/spec/load.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "slm_lab/base/error.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "slm_lab/spec/spec_path.h"
#include "tests/support/scratch_folder.h"

namespace slm::load_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class LoadSpec : public testing::Test {
 protected:
  LoadSpec() {
    options_.repository = root_;
    fs::create_directories(root_ / "slm_lab/spec/benchmark/ppo");
  }

  std::string write(const std::string& name, std::string_view text) {
    const fs::path path = root_ / "slm_lab/spec" / name;
    std::ofstream(path) << text;
    return path.string();
  }
  std::string error(const std::string& file, const std::string& name) {
    try {
      load_spec(file, name, options_);
    } catch (const SpecError& e) {
      return e.what();
    }
    return "";
  }

  ScratchFolder scratch_;
  const fs::path root_ = scratch_.path();
  LoadOptions options_;
};

TEST_F(LoadSpec, FindsAFileByItsPathAndByTheShortForms) {
  const std::string path = write("benchmark/ppo/my_ppo.json", R"({"my_ppo": {"agent": {}}})");
  for (const std::string& file :
       {path, std::string("benchmark/ppo/my_ppo.json"), std::string("slm_lab/spec/benchmark/ppo/my_ppo.json")}) {
    const LoadedSpec spec = load_spec(file, "my_ppo", options_);
    EXPECT_EQ(spec.file, file);
    EXPECT_EQ(spec.name, "my_ppo");
    EXPECT_EQ(spec.canonical, "{\"agent\":{}}");
    // sha256sum of that text
    EXPECT_EQ(spec.hash, "0c391072805e888f16d43dcdc7d6b242598bcc1ee7e5fab2ab4efc484554d291");
  }
}

TEST_F(LoadSpec, NamesWhatIsNearAMissingFileOrSpec) {
  write("benchmark/ppo/my_ppo.json", R"({"my_ppo": {}, "my_other": {}})");
  EXPECT_THAT(error("benchmark/ppo/my_pp.json", "my_ppo"),
              testing::StrEq("benchmark/ppo/my_pp.json: no such spec file; did you mean "
                             "benchmark/ppo/my_ppo.json?"));
  EXPECT_THAT(error("my_ppo.json", "my_ppo"), HasSubstr("did you mean benchmark/ppo/my_ppo.json?"));
  EXPECT_THAT(error("benchmark/ppo/my_ppo.json", "my_pp"),
              HasSubstr("no spec \"my_pp\"; did you mean my_ppo?; it has: my_ppo, my_other"));
  EXPECT_THAT(error("benchmark", "x"), HasSubstr("a folder, not a spec file"));
}

TEST_F(LoadSpec, AFileOfTheUsersOwnIsTheSameInEveryFolder) {
  const fs::path before = fs::current_path(), folder = fs::canonical(root_);
  fs::current_path(folder);
  std::ofstream("own.xml") << "<mujoco/>";
  const auto file_in = [&](const std::string& env) {
    write("own.json", R"({"own": {"env": )" + env + "}}");
    return load_spec((root_ / "slm_lab/spec/own.json").string(), "own", options_);
  };
  const std::string path = (folder / "own.xml").string();
  const LoadedSpec relative = file_in(R"({"xml_file": "./own.xml"})");
  EXPECT_EQ(text_at(relative.root, "env.xml_file"), path);
  EXPECT_EQ(relative.hash, file_in(R"({"xml_file": ")" + path + R"("})").hash);
  EXPECT_EQ(text_at(file_in(R"({"kwargs": {"xml_file": "./slm_lab/../own.xml"}})").root, "env.kwargs.xml_file"), path);
  for (const char* left : {"ant.xml", "own.xml", "./none.xml", "~/own.xml", "/own.xml"})
    EXPECT_EQ(text_at(file_in(R"({"xml_file": ")" + std::string(left) + R"("})").root, "env.xml_file"), left);

  write("own.json", R"({"own": {"env": {}, "search": {"env.xml_file__choice": ["./own.xml", "ant.xml"]}}})");
  const JsonNode searched = load_spec((root_ / "slm_lab/spec/own.json").string(), "own", options_).root;
  EXPECT_EQ(searched.find("search")->members[0].value.elements[0].text, path);
  EXPECT_EQ(searched.find("search")->members[0].value.elements[1].text, "ant.xml");

  options_.as_saved = true;  // by a version that left the path as it was
  EXPECT_EQ(text_at(file_in(R"({"xml_file": "./own.xml"})").root, "env.xml_file"), "./own.xml");
  fs::current_path(before);
}

TEST_F(LoadSpec, AFileWithOneSpecNeedsNoName) {
  EXPECT_EQ(load_spec(write("one.json", R"({"only": {}})"), "", {}).name, "only");
  const std::string file = write("two.json", R"({"a": {}, "b": {}})");
  EXPECT_EQ(error(file, ""), file + ": name one of its specs; it has: a, b");
  EXPECT_THAT(error(write("none.json", "{}"), ""), HasSubstr("it holds no spec"));
}

TEST_F(LoadSpec, RefusesNamesThatCannotNameFiles) {
  const std::string file = write("a.json", R"({"../x": {}})");
  for (const std::string name : {"../x", "", ".", "..", "-x", "a b", "a/b", "\xc3\xa9"})
    EXPECT_THAT(error(file, name), HasSubstr("it names files")) << name;
  EXPECT_THAT(error(file, std::string(65, 'a')), HasSubstr("up to 64"));
}

TEST_F(LoadSpec, OnlyTheChosenSpecMustBeFilled) {
  const std::string file = write("a.json",
                                 "{\"a\": {\"n\": 1},\n \"b\": {\"env\": {\"name\": \"${env}\"},\n"
                                 "       \"k\": [\"x${y}\"]}}");
  EXPECT_EQ(error(file, "a"), "");
  EXPECT_EQ(error(file, "b"), file + ":2:24: env.name: ${env} has no value; give it with -s env=VALUE\n" + file +
                                  ":3:14: k[0]: ${y} has no value; give it with -s y=VALUE");
  options_.allow_placeholders = true;
  EXPECT_EQ(error(file, "b"), "");
  SpecFile specs(file, {});
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs.name(0), "a");
  EXPECT_EQ(specs.name(1), "b");
}

TEST_F(LoadSpec, FillsTemplates) {
  const std::string file = write("a.json", R"({"a": {"name": "${env}", "frames": "${n}", "bare": ${n}, "list": ${l},
      "text": "to ${env} and ${n}", "flag": "${f}", "bare_text": ${env}}})");
  options_.sets = {"env=ALE/\"Pong\"-v5", "n=4e6", "l=[1, 2]", "f=true"};
  const LoadedSpec spec = load_spec(file, "a", options_);
  EXPECT_EQ(to_json_line(spec.root),
            R"({"name": "ALE/\"Pong\"-v5", "frames": 4000000, "bare": 4000000, "list": [1, 2], )"
            R"("text": "to ALE/\"Pong\"-v5 and 4e6", "flag": true, "bare_text": "ALE/\"Pong\"-v5"})");
}

TEST_F(LoadSpec, PositionsAreThoseOfTheFileAlsoBehindAFilledPlaceholder) {
  const std::string file = write("a.json", "{\"a\": {\"x\": \"${env}\", \"y\": \"${n}\",\n \"z\": 5}}");
  options_.sets = {"env=a name that is much longer", "n=7"};
  const LoadedSpec spec = load_spec(file, "a", options_);
  EXPECT_EQ(spec.root.find("x")->position, (Position{1, 13}));
  EXPECT_EQ(spec.root.find_member("y")->position, (Position{1, 23}));
  EXPECT_EQ(spec.root.find("y")->position, (Position{1, 28}));
  EXPECT_EQ(spec.root.find("z")->position, (Position{2, 7}));
}

TEST_F(LoadSpec, ASetThatFillsNothingIsRefused) {
  const std::string file = write("a.json", R"({"a": {"name": "${env}"}})");
  options_.sets = {"env=x", "frames=3"};
  EXPECT_EQ(error(file, "a"), "-s frames=3: " + file + " has no ${frames}; its placeholders: ${env}");
  options_.sets = {"env"};
  EXPECT_THAT(error(file, "a"), HasSubstr("expected KEY=VALUE"));
  options_.sets = {"env=a", "env=b"};
  EXPECT_THAT(error(file, "a"), HasSubstr("given twice"));
}

TEST_F(LoadSpec, ManyPlaceholdersAndALongValueDoNotFillTheMemory) {
  std::string text = "{\"a\": [\"";
  for (int i = 0; i < 500000; ++i) text += "${k}";
  const std::string file = write("a.json", text + "\"]}");
  options_.sets = {"k=" + std::string(100000, 'x')};
  EXPECT_THAT(error(file, "a"), HasSubstr("larger than"));
}

TEST_F(LoadSpec, OverridesSetAnyKey) {
  const std::string file =
      write("a.json", R"({"a": {"agent": {"gamma": 0.9, "layers": [1, 2]}, "env": {"name": "x"}}})");
  options_.overrides = {"agent.gamma=0.5", "env.name=CartPole-v1", "meta.search.cpu=2", "agent.layers[1]=7",
                        "agent.net={\"type\": \"MLPNet\"}"};
  const LoadedSpec spec = load_spec(file, "a", options_);
  EXPECT_EQ(to_json_line(spec.root),
            R"({"agent": {"gamma": 0.5, "layers": [1, 7], "net": {"type": "MLPNet"}}, "env": {"name": "CartPole-v1"}, )"
            R"("meta": {"search": {"cpu": 2}}})");
  EXPECT_EQ(spec.root.find("agent")->find("gamma")->origin, "--override");
  EXPECT_EQ(spec.root.find("env")->origin, "");
}

TEST_F(LoadSpec, AMistakeInAnOverrideIsCalledSo) {
  const std::string file = write("a.json", R"({"a": {"gamma": 0.9}})");
  options_.overrides = {"gama=0.5", "gamma=7"};
  const LoadedSpec spec = load_spec(file, "a", options_);
  SpecReport report(spec.file);
  SpecReader reader(&spec.root, "", report);
  double gamma = 0;
  reader.read("gamma", gamma, "discount factor", between(0, 1));
  reader.done();
  std::vector<std::string> lines;
  for (const SpecFinding& finding : report.problems()) lines.push_back(report.line(finding));
  EXPECT_THAT(lines, ElementsAre("--override: gamma = 7: expected a number in [0, 1]; nearest legal value: 1",
                                 "--override: gama: unknown key; did you mean gamma?"));
}

TEST_F(LoadSpec, AnOverrideThatLeadsNowhereIsRefused) {
  const std::string file = write("a.json", R"({"a": {"gamma": 0.9, "list": [1]}})");
  const auto with = [&](const std::string& argument) {
    options_.overrides = {argument};
    return error(file, "a");
  };
  EXPECT_THAT(with("gamma.x=1"), HasSubstr("--override gamma.x: \"x\" is asked for, but 0.9 is no object"));
  EXPECT_THAT(with("list[1]=1"), HasSubstr("the list has 1 entries"));
  EXPECT_THAT(with("list.x=1"), HasSubstr("is no object"));
  EXPECT_THAT(with("gamma"), HasSubstr("expected PATH=VALUE"));
  for (const std::string path :
       {"", ".", "a..b", "a.", "[0]", "a[x]", "a[0", "a[-1]", "a[0]b", "a[99999999999999999999]"})
    EXPECT_THAT(with(path + "=1"), HasSubstr("not a path")) << path;
}

TEST_F(LoadSpec, AnOverrideCannotNestWithoutEnd) {
  const std::string file = write("a.json", R"({"a": {}})");
  std::string path = "a";
  for (int i = 0; i < 100000; ++i) path += ".a";
  options_.overrides = {path + "=1"};
  EXPECT_THAT(error(file, "a"), HasSubstr("not a path"));
}

TEST_F(LoadSpec, ModesChangeTheirKeysAndAnOverrideGoesBefore) {
  const std::string file = write("a.json", R"({"a": {"meta": {"max_session": 4, "max_trial": 9}}})");
  options_.mode = "dev";
  EXPECT_EQ(to_json_line(load_spec(file, "a", options_).root), R"({"meta": {"max_session": 1, "max_trial": 2}})");
  options_.mode = "enjoy";
  EXPECT_EQ(to_json_line(load_spec(file, "a", options_).root), R"({"meta": {"max_session": 1, "max_trial": 9}})");
  options_.mode = "train";
  EXPECT_EQ(to_json_line(load_spec(file, "a", options_).root), R"({"meta": {"max_session": 4, "max_trial": 9}})");
  options_.mode = "dev";
  options_.overrides = {"meta.max_session=3"};
  EXPECT_EQ(to_json_line(load_spec(file, "a", options_).root), R"({"meta": {"max_session": 3, "max_trial": 2}})");
}

TEST_F(LoadSpec, WhatARunSavesLoadsAsTheSameSpec) {
  const std::string file = write("a.json", R"({"a": {"env": {"name": "${env}", "max_frame": 1e6}}})");
  options_.sets = {"env=x"};
  const LoadedSpec spec = load_spec(file, "a", options_);
  const LoadedSpec again = load_spec(write("saved.json", spec_file_text(spec)), "a", {});
  EXPECT_EQ(again.canonical, spec.canonical);
  EXPECT_EQ(again.hash, spec.hash);
}

/// What keeps a good file from being read is neither the user's mistake nor damage.
TEST_F(LoadSpec, AFileThatCannotBeOpenedIsAnInputError) {
  const std::string path = write("my_ppo.json", "");
  std::filesystem::remove(path);
  ASSERT_EQ(mknod(path.c_str(), S_IFSOCK | 0600, 0), 0);  // it is there, and no one can open it
  try {
    load_spec(path, "my_ppo", options_);
    FAIL() << "read a socket";
  } catch (const Error& failure) {
    EXPECT_EQ(failure.code(), ExitCode::io);
    EXPECT_THAT(failure.what(), AllOf(StartsWith(path), HasSubstr("No such device or address")));
  }
}

TEST_F(LoadSpec, AFifoThatNobodyHasOpenIsEmpty) {
  const std::string path = root_ / "fifo.json";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(error(path, "my_ppo"), StartsWith(path + ":1:1: "));
}

TEST_F(LoadSpec, APipeHoldsWhatItsWriterSaid) {  // <(...) of a shell
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::write(ends[1], "[]", 2), 2);
  close(ends[1]);
  EXPECT_THAT(error("/dev/fd/" + std::to_string(ends[0]), "my_ppo"), HasSubstr("expected an object of specs by name"));
  close(ends[0]);
}

}  // namespace
}  // namespace slm::load_test
