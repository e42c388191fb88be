// What a user can ask of MuJoCo's environments: every option of Gymnasium's, bodies of their own, and nonsense.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "tests/support/golden_traces.h"
#include "tests/support/option_refusal.h"
#include "tests/support/scratch_folder.h"

namespace slm::options_test {
namespace {

using Json = nlohmann::json;

const std::vector<std::string> kEnvs{"Hopper-v5",   "HalfCheetah-v5",      "Walker2d-v5",
                                     "Ant-v5",      "Swimmer-v5",          "Reacher-v5",
                                     "Pusher-v5",   "InvertedPendulum-v5", "InvertedDoublePendulum-v5",
                                     "Humanoid-v5", "HumanoidStandup-v5"};

std::string write_model(const ScratchFolder& folder, const std::string& name, const std::string& xml) {
  const std::string file = folder / (name + ".xml");
  std::ofstream(file) << xml;
  return file;
}

TEST(MujocoOptions, AreGymnasiumsWithItsDefaults) {
  for (const std::string& env : kEnvs) {
    SCOPED_TRACE(env);
    const Json meta = Json::parse(std::ifstream(golden_folder(env) / "meta.json"));
    SpecReport report = SpecReport::describing();
    SpecReader reader(nullptr, "", report);
    find_env(env)->read_kwargs(reader, env);
    for (const auto& [key, value] : meta["constructor_defaults"].items()) {
      SCOPED_TRACE(key);
      Json expected = value;
      if (expected.is_array())
        for (Json& bound : expected)
          if (bound.is_string()) bound = nullptr;  // infinite
      const std::string text = report.format().key(key).default_text;
      ASSERT_NE(text, "");
      EXPECT_EQ(Json::parse(text), expected);
    }
  }
}

// What is nonsense by its type: hostile_options_test.cc.
TEST(MujocoOptions, FilesAndBodiesThatAreNoneAreRefusedWithWords) {
  for (const std::string& env : kEnvs) {
    std::vector<std::string> options;
    for (const char* value : {"missing.xml", "/no/such/file.xml", ".", "/", "/dev/zero", "~/no.xml", "../none.xml", "5",
                              "true", "[\"hopper.xml\"]", "null"})
      options.push_back(std::string("xml_file=") + value);
    options.push_back("xml_fil=hopper.xml");
    for (const std::string& option : options) EXPECT_NE(option_refusal(env, option), "") << env << " " << option;
  }
  for (const char* body : {"-1", "14", "1.5", "nobody", "[]", "null", "true"})
    EXPECT_NE(option_refusal("Ant-v5", std::string("main_body=") + body), "") << body;
}

TEST(MujocoOptions, ModelsThatCannotBeUsedAreRefusedWithWords) {
  const std::string ball = "<worldbody><body><freejoint/><geom size='.1'/></body></worldbody>";
  const std::map<std::string, std::string> models{
      {"empty", ""},
      {"no_xml", "no XML"},
      {"cut", "<mujoco><worldbody>"},
      {"other_root", "<html></html>"},
      {"itself", "<mujoco><include file='itself.xml'/></mujoco>"},
      {"no_actuator", "<mujoco>" + ball + "</mujoco>"},
      {"binary", std::string("\x7f"
                             "ELF\0\0\1",
                             7)},
      {"small_memory", "<mujoco><size memory='100'/>" + ball + "</mujoco>"},
      {"huge_memory", "<mujoco><size memory='900T'/>" + ball + "</mujoco>"},
      {"not_a_number",
       "<mujoco><worldbody><body pos='nan 0 0'><joint name='j'/><geom size='.1'/></body></worldbody>"
       "<actuator><motor joint='j' ctrlrange='-1 1'/></actuator></mujoco>"},
      {"no_range",
       "<mujoco><worldbody><body><joint name='j'/><geom size='.1'/></body></worldbody>"
       "<actuator><motor joint='j'/></actuator></mujoco>"},
      {"another_body",
       "<mujoco><worldbody><body><joint name='j'/><geom size='.1'/></body></worldbody>"
       "<actuator><motor joint='j' ctrlrange='-1 1'/></actuator></mujoco>"},
  };
  const ScratchFolder folder;
  for (const auto& [name, xml] : models) {
    const std::string file = write_model(folder, name, xml);
    for (const std::string& env : kEnvs) {
      if (name == "another_body" && env == "HalfCheetah-v5") continue;  // which needs no more than one coordinate
      EXPECT_THAT(option_refusal(env, "xml_file=" + file), testing::HasSubstr(name)) << env;
    }
  }
}

TEST(MujocoOptions, ModelsThatAskForTooMuchAreRefusedWithWords) {
  const std::string motor = "<actuator><motor joint='j' ctrlrange='-1 1'/></actuator>";
  const std::string cart = "<body><joint name='j'/><geom size='.1'/></body>";
  const std::string many = "<body><geom size='.1'/></body>";
  const std::map<std::string, std::string> models{
      {"many_bodies",
       "<worldbody>" + cart + "<replicate count='100000000' offset='1 0 0'>" + many + "</replicate></worldbody>"},
      {"high_field",
       "<asset><hfield name='h' nrow='100000' ncol='100000' size='1 1 1 1'/></asset><worldbody><geom type='hfield' "
       "hfield='h'/>" +
           cart + "</worldbody>"},
      {"cable",
       "<worldbody><body><joint name='j'/><composite type='cable' count='100000000 1 1' size='1'>"
       "<joint kind='main'/><geom size='.1'/></composite></body></worldbody>"},
      {"user_data", "<size nuserdata='2000000000'/><worldbody>" + cart + "</worldbody>"}};
  const ScratchFolder folder;
  for (const auto& [name, xml] : models) {
    const std::string file = write_model(folder, name, "<mujoco>" + xml + motor + "</mujoco>");
    EXPECT_THAT(option_refusal("HalfCheetah-v5", "xml_file=" + file), testing::HasSubstr(name));
  }
}

/// A weight on a rail, which HalfCheetah takes for a body.
std::string weight_on_a_rail(const std::string& option, const std::string& range) {
  return "<mujoco>" + option +
         "<worldbody><body><joint name='j' type='slide' axis='1 0 0'/><geom size='.1'/></body></worldbody>"
         "<actuator><motor name='push' joint='j' ctrlrange='" +
         range + "'/></actuator></mujoco>";
}

TEST(MujocoOptions, ControlsThatFloatsCannotHoldAreRefusedWithWords) {
  const ScratchFolder folder;
  for (const char* range : {"-inf inf", "-1e300 1e300", "-3e38 3e38"}) {
    const std::string file = write_model(folder, "wide", weight_on_a_rail("", range));
    EXPECT_THAT(option_refusal("HalfCheetah-v5", "xml_file=" + file),
                testing::AllOf(testing::HasSubstr(file), testing::HasSubstr("actuator 0 (\"push\")"),
                               testing::HasSubstr("float32")))
        << range;
  }
  const std::string file = write_model(folder, "large", weight_on_a_rail("", "-1e38 1e38"));
  EXPECT_EQ(option_refusal("HalfCheetah-v5", "xml_file=" + file), "");
}

TEST(MujocoOptions, TimestepsThatAreNoneAreRefusedWithWords) {
  const ScratchFolder folder;
  for (const char* seconds : {"0", "-0.01", "nan", "1e300"}) {
    const std::string option = "<option timestep='" + std::string(seconds) + "'/>";
    const std::string file = write_model(folder, "time", weight_on_a_rail(option, "-1 1"));
    EXPECT_THAT(option_refusal("HalfCheetah-v5", "xml_file=" + file),
                testing::AllOf(testing::HasSubstr(file), testing::HasSubstr("timestep")))
        << seconds;
  }
}

TEST(MujocoOptions, OfTheViewerAreCheckedThoughTheyHaveNoEffect) {
  for (const char* option : {"width=0", "width=\"wide\"", "height=1.5", "camera_id=-2", "camera_id=front",
                             "camera_name=1", "max_geom=-1", "default_camera_config=4", "visual_options=[1]"}) {
    const std::string text = option;
    EXPECT_THAT(option_refusal("Hopper-v5", text), testing::HasSubstr(text.substr(0, text.find('=')))) << text;
  }
  for (const char* option : {"width=640", "camera_id=-1", "camera_name=track", "max_geom=1000",
                             "default_camera_config={\"distance\": 2}", "visual_options={\"0\": true}", "height=null"})
    EXPECT_EQ(option_refusal("Hopper-v5", option), "") << option;
}

/// A cart and a pole that explode when they are pushed.
std::string explosive_model(const ScratchFolder& folder) {
  return write_model(folder, "explosive",
                     "<mujoco><worldbody><body><joint name='slide' type='slide' axis='1 0 0'/><geom size='.1'/><body>"
                     "<joint type='hinge' axis='0 1 0'/><geom size='.1' pos='0 0 .5'/></body></body></worldbody>"
                     "<actuator><motor joint='slide' gear='1e15' ctrlrange='-1 1'/></actuator></mujoco>");
}

TEST(MujocoDivergence, EndsTheEpisodeAndPoisonsNothing) {
  EnvConfig config;
  config.name = "InvertedPendulum-v5";
  const ScratchFolder folder;
  config.kwargs = InvertedPendulumKwargs{.xml_file = explosive_model(folder)};
  EnvStatistics statistics;
  const auto env = make_env(config, 2, 0.99, Streams(0, 0, 0), statistics, EnvUse::train);
  StepResult step;
  env->reset(step.obs);
  env->step(Matrix{{1}, {0}}, step);
  EXPECT_TRUE(step.diverged[0] && step.terminated[0] && step.episode_over[0]);
  EXPECT_FALSE(step.diverged[1] || step.episode_over[1]);
  EXPECT_EQ(step.rewards[0], 0);
  EXPECT_EQ(step.rewards[1], 1);
  EXPECT_TRUE(step.next_obs.floats().allFinite() && step.obs.floats().allFinite());
  env->step(Matrix{{0}, {0}}, step);  // a new episode, as if nothing had happened
  EXPECT_FALSE(step.diverged.any());
  EXPECT_EQ(step.episode_length[0], 1);
  EXPECT_EQ(step.rewards[0], 1);
}

// Within a step of 100 s the cart reaches 1e11 m/s. Only the step after that would be refused by MuJoCo.
TEST(MujocoDivergence, IsSeenInTheStepThatLeadsThere) {
  EnvConfig config;
  config.name = "InvertedPendulum-v5";
  const ScratchFolder folder;
  const std::string file = write_model(
      folder, "slow",
      "<mujoco><option timestep='100'/><worldbody><body><joint name='slide' type='slide' axis='1 0 0'/>"
      "<geom size='.1'/><body><joint type='hinge' axis='0 1 0'/><geom size='.1' pos='0 0 .5'/></body></body>"
      "</worldbody><actuator><motor joint='slide' gear='1e10' ctrlrange='-1 1'/></actuator></mujoco>");
  config.kwargs = InvertedPendulumKwargs{.xml_file = file, .frame_skip = 1, .reset_noise_scale = 0};
  EnvStatistics statistics;
  const auto env = make_env(config, 2, 0.99, Streams(0, 0, 0), statistics, EnvUse::train);
  StepResult step;
  env->reset(step.obs);
  env->step(Matrix{{1}, {0}}, step);
  EXPECT_TRUE(step.diverged[0] && step.terminated[0]);
  EXPECT_EQ(step.next_obs.floats().row(0).cwiseAbs().maxCoeff(), 0);
  EXPECT_FALSE(step.diverged[1]);
}

}  // namespace
}  // namespace slm::options_test
