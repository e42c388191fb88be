#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "slm_lab/base/build_info.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/spec/meta.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm::shipped_specs_test {
namespace {

namespace fs = std::filesystem;

struct Row {
  std::string_view file, name;
};
// The rows of the benchmark page for CartPole and Acrobot, as the page names them.
constexpr Row kPhase1[] = {
    {"ppo/ppo_cartpole.json", "ppo_cartpole"},
    {"a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole"},
    {"sil/ppo_sil_cartpole.json", "ppo_sil_cartpole"},
    {"dqn/dqn_cartpole.json", "dqn_boltzmann_cartpole"},
    {"dqn/dqn_cartpole.json", "ddqn_per_boltzmann_cartpole"},
    {"sac/sac_cartpole.json", "sac_cartpole"},
    {"reinforce/reinforce_cartpole.json", "reinforce_cartpole"},
    {"sarsa/sarsa_cartpole.json", "sarsa_epsilon_greedy_cartpole"},
    {"ppo/ppo_acrobot.json", "ppo_acrobot"},
    {"dqn/dqn_acrobot.json", "dqn_boltzmann_acrobot"},
    {"dqn/dqn_acrobot.json", "dqn_epsilon_greedy_acrobot"},
    {"dqn/ddqn_per_acrobot.json", "ddqn_per_acrobot"},
    {"a2c/a2c_gae_acrobot.json", "a2c_gae_acrobot"},
    {"sac/sac_acrobot.json", "sac_acrobot"},
    {"sil/ppo_sil_acrobot.json", "ppo_sil_acrobot"},
};

LoadOptions options() {
  LoadOptions options;
  options.repository = source_dir();
  options.allow_placeholders = true;
  return options;
}

TEST(ShippedSpecs, HoldTheRowsOfThePage) {
  for (const Row& row : kPhase1) {
    const std::string file = "slm_lab/spec/benchmark/" + std::string(row.file);
    const JsonNode root = load_spec(file, row.name, options()).root;
    ASSERT_TRUE(root.find("env")) << file;
    const bool cartpole = row.name.find("cartpole") != std::string_view::npos;
    EXPECT_EQ(root.find("env")->find("name")->text, cartpole ? "CartPole-v1" : "Acrobot-v1");
    EXPECT_EQ(root.find("env")->find("max_frame")->integer(), cartpole ? 200000 : 300000) << row.name;
    EXPECT_EQ(root.find("meta")->find("log_frequency")->integer(), 500) << row.name;
  }
}

TEST(ShippedSpecs, HaveAMetaWithoutInertKeys) {
  const fs::path folder = fs::path(source_dir()) / "slm_lab/spec";
  int specs = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    SpecFile file(entry.path().string(), options());
    for (std::size_t i = 0; i < file.size(); ++i) {
      const LoadedSpec spec = file.take(i);
      SpecReport report(spec.file);
      SpecReader reader(&spec.root, "", report);
      SpecReader meta = reader.require_child("meta", "");
      read_meta_config(meta);
      EXPECT_NO_THROW(report.throw_if_problems());
      EXPECT_THAT(report.inert_keys(), testing::IsEmpty()) << spec.file;
      ++specs;
    }
  }
  EXPECT_GE(specs, 15);
}

}  // namespace
}  // namespace slm::shipped_specs_test
