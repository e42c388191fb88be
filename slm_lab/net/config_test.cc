#include "slm_lab/net/config.h"

#include "tests/support/net_fixture.h"

namespace slm::config_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

NetConfig read_one(SpecReader& reader) { return read_net_config(reader, kEveryNetUse); }
ActorCriticNetConfig read_two(SpecReader& reader) {
  return read_actor_critic_net_config(reader, {.policy = true, .value = true, .loss = true});
}

std::vector<int> widths(const NetConfig& config) { return std::get<MlpConfig>(config.type).hid_layers; }

constexpr const char* kPpo = R"({
  "type": "MLPNet", "shared": false, "use_same_optim": false, "hid_layers": [64, 32], "hid_layers_activation": "Tanh",
  "init_fn": "orthogonal_", "clip_grad_val": 0.5, "normalize": true, "loss_spec": {"name": "SmoothL1Loss"},
  "optim_spec": {"name": "adamw", "lr": 3e-4}, "critic_optim_spec": {"name": "SGD", "lr": 0.1},
  "actor_hid_layers": [8], "lr_scheduler_spec": {"name": "LinearToZero", "frame": 1000}, "gpu": "auto",
  "log_std_init": -0.5, "actor_init_std": 0.01
})";

TEST(NetConfig, ReadsAnActorAndACritic) {
  const ActorCriticNetConfig c = read_spec(kPpo, read_two);
  EXPECT_FALSE(c.shared);
  EXPECT_THAT(widths(c.actor), ElementsAre(8));
  EXPECT_THAT(widths(c.critic), ElementsAre(64, 32));
  EXPECT_EQ(c.actor.hid_layers_activation, Activation::tanh);
  EXPECT_EQ(c.actor.init_fn, "orthogonal_");
  EXPECT_EQ(c.actor.clip_grad_val, 0.5);
  EXPECT_EQ(c.actor.optim_spec.name, "AdamW");
  EXPECT_EQ(c.actor.optim_spec.lr, 3e-4);
  EXPECT_EQ(c.actor.optim_spec.weight_decay, 0.01);
  EXPECT_EQ(c.critic.optim_spec.name, "SGD");
  EXPECT_EQ(c.critic.loss_spec.name, "SmoothL1Loss");
  EXPECT_EQ(c.critic.lr_scheduler_spec.frame, 1000);
  EXPECT_EQ(c.actor.log_std_init, -0.5);
  EXPECT_EQ(c.actor.actor_init_std, 0.01);
}

TEST(NetConfig, ActorOrCriticAloneMayHaveLayerNormalisation) {
  const auto layer_norms = [](const std::string& keys) {
    const ActorCriticNetConfig c =
        read_spec(R"({"type": "MLPNet", "shared": false, "use_same_optim": false, "hid_layers": [4],
                      "hid_layers_activation": "relu", "critic_type": "DuelingMLPNet")" +
                      keys + "}",
                  read_two);
    return std::pair(std::get<MlpConfig>(c.actor.type).layer_norm,
                     std::get<DuelingMlpConfig>(c.critic.type).layer_norm);
  };
  EXPECT_EQ(layer_norms(""), std::pair(false, false));
  EXPECT_EQ(layer_norms(R"(, "layer_norm": true)"), std::pair(true, true));
  EXPECT_EQ(layer_norms(R"(, "actor_layer_norm": true)"), std::pair(true, false));
  EXPECT_EQ(layer_norms(R"(, "critic_layer_norm": true)"), std::pair(false, true));
}

TEST(NetConfig, ReadsCriticsWithBatchRenormalisation) {
  const std::string start = R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "relu")";
  const ActorCriticNetConfig defaults = read_spec(start + "}", read_batch_renorm_net_config);
  EXPECT_FALSE(defaults.actor.batch_renorm);
  ASSERT_TRUE(defaults.critic.batch_renorm);
  EXPECT_EQ(defaults.critic.batch_renorm->momentum, 0.01);
  EXPECT_EQ(defaults.critic.batch_renorm->eps, 1e-5);
  EXPECT_EQ(defaults.critic.batch_renorm->r_max, 3);
  EXPECT_EQ(defaults.critic.batch_renorm->d_max, 5);
  EXPECT_EQ(defaults.critic.batch_renorm->warmup_steps, 10000);
  const ActorCriticNetConfig c = read_spec(start + R"(, "actor_layer_norm": true, "critic_hid_layers": [8, 8],
      "batch_renorm": {"momentum": 0.02, "eps": 1e-3, "r_max": 2, "d_max": 4, "warmup_steps": 0}})",
                                           read_batch_renorm_net_config);
  EXPECT_TRUE(std::get<MlpConfig>(c.actor.type).layer_norm);
  EXPECT_THAT(widths(c.actor), ElementsAre(4));
  EXPECT_THAT(widths(c.critic), ElementsAre(8, 8));
  EXPECT_EQ(c.critic.batch_renorm->momentum, 0.02);
  EXPECT_EQ(c.critic.batch_renorm->eps, 1e-3);
  EXPECT_EQ(c.critic.batch_renorm->r_max, 2);
  EXPECT_EQ(c.critic.batch_renorm->d_max, 4);
  EXPECT_EQ(c.critic.batch_renorm->warmup_steps, 0);
  const auto wrong = [&](const std::string& keys) {
    return problems(start + ", " + keys + "}", read_batch_renorm_net_config);
  };
  EXPECT_THAT(wrong(R"("layer_norm": true)"), HasSubstr("expected actor_layer_norm"));
  EXPECT_THAT(wrong(R"("critic_type": "DuelingMLPNet")"), HasSubstr("of type MLPNet or ConvNet"));
  EXPECT_THAT(wrong(R"("batch_renorm": {"momentum": 0})"), HasSubstr("momentum"));
  EXPECT_THAT(wrong(R"("batch_renorm": {"r_max": 0.5})"), HasSubstr("r_max"));
  EXPECT_THAT(wrong(R"("batch_renorm": {"rmax": 2})"), HasSubstr("did you mean r_max?"));
  const std::string conv = R"({"type": "ConvNet", "hid_layers_activation": "relu",
      "conv_hid_layers": [[4, 2, 1, 0, 1]], )";
  EXPECT_EQ(problems(conv + R"("fc_hid_layers": [], "critic_fc_hid_layers": [8]})", read_batch_renorm_net_config), "");
  EXPECT_THAT(problems(conv + R"("fc_hid_layers": []})", read_batch_renorm_net_config),
              HasSubstr("fc_hid_layers = []: the critics have batch renormalisation in their dense layers"));
  EXPECT_THAT(problems(conv + R"("fc_hid_layers": [8], "critic_fc_hid_layers": []})", read_batch_renorm_net_config),
              HasSubstr("critic_fc_hid_layers = []: the critics have"));
}

TEST(NetConfig, UseSameOptimDropsTheCriticsOwn) {
  const ActorCriticNetConfig c = read_spec(
      R"({"type": "MLPNet", "shared": true, "use_same_optim": true, "hid_layers": [4], "hid_layers_activation": null,
          "optim_spec": {"name": "Adam", "lr": 0.5}, "critic_optim_spec": {"name": "SGD"}})",
      read_two);
  EXPECT_EQ(c.critic.optim_spec.lr, 0.5);
  EXPECT_EQ(c.critic.hid_layers_activation, Activation::identity);
}

TEST(NetConfig, ReadsAValueNet) {
  const NetConfig c = read_spec(
      R"({"type": "DuelingMLPNet", "hid_layers": [256], "hid_layers_activation": "relu", "init_fn": null,
          "clip_grad_val": null, "lr_scheduler_spec": null, "update_type": "polyak", "update_frequency": 1,
          "polyak_coef": 0.005, "shared": false})",
      read_one);
  EXPECT_THAT(std::get<DuelingMlpConfig>(c.type).hid_layers, ElementsAre(256));
  EXPECT_EQ(c.init_fn, "");
  EXPECT_FALSE(c.clip_grad_val);
  EXPECT_EQ(c.lr_scheduler_spec.name, "");
  EXPECT_EQ(c.target.update_type, "polyak");
  EXPECT_EQ(c.target.polyak_coef, 0.005);
  EXPECT_EQ(c.optim_spec.name, "Adam");
  EXPECT_EQ(c.loss_spec.name, "MSELoss");
}

TEST(NetConfig, OutputActivationsAreOneOrOnePerHead) {
  const auto out = [](const std::string& value) {
    return read_spec(
               R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "relu", "out_layer_activation": )" +
                   value + "}",
               read_one)
        .out_layer_activation;
  };
  EXPECT_THAT(out("null"), ElementsAre());
  EXPECT_THAT(out("\"tanh\""), ElementsAre(Activation::tanh));
  EXPECT_THAT(out("[\"tanh\", \"identity\"]"), ElementsAre(Activation::tanh, Activation::identity));
}

TEST(NetConfig, ReadsTheReferencesAtariNets) {
  const NetConfig c = read_spec(
      R"({"type": "ConvNet", "conv_hid_layers": [[32, 8, 4, 0, 1], [64, 4, 2, 0, 1]], "fc_hid_layers": [512],
          "hid_layers_activation": "relu", "init_fn": "orthogonal_", "normalize": true, "batch_norm": false,
          "gpu": "auto"})",
      read_one);
  const auto& conv = std::get<ConvConfig>(c.type);
  EXPECT_THAT(conv.conv_hid_layers, ElementsAre(ElementsAre(32, 8, 4, 0, 1), ElementsAre(64, 4, 2, 0, 1)));
  EXPECT_TRUE(conv.normalize);
  EXPECT_FALSE(conv.batch_norm);
  const std::string unsaid = R"("conv_hid_layers": [[4, 2, 1, 0, 1]], "fc_hid_layers": [],
      "hid_layers_activation": "relu"})";
  EXPECT_TRUE(std::get<ConvConfig>(read_spec(R"({"type": "ConvNet", )" + unsaid, read_one).type).batch_norm);
  EXPECT_FALSE(
      std::get<DuelingConvConfig>(read_spec(R"({"type": "DuelingConvNet", )" + unsaid, read_one).type).batch_norm);
}

std::string problems_of_convolutions(const std::string& convolutions) {
  return problems(R"({"type": "ConvNet", "hid_layers_activation": "relu", "fc_hid_layers": [], "conv_hid_layers": )" +
                      convolutions + "}",
                  read_one);
}

TEST(NetConfig, SaysWhatIsWrongWithConvolutions) {
  EXPECT_EQ(problems_of_convolutions("[[32, 8, 4, 0, 1]]"), "");
  EXPECT_THAT(problems_of_convolutions("[]"), HasSubstr("at least one convolution"));
  EXPECT_THAT(problems_of_convolutions("[[32, 8, 4]]"), HasSubstr("[out_channels, kernel, stride, padding, dilation]"));
  EXPECT_THAT(problems_of_convolutions("[[32, 8, 0, 0, 1]]"), HasSubstr("only the padding may be 0"));
}

// Beyond, PyTorch's windows see the bias alone.
TEST(NetConfig, RefusesAPaddingBeyondTheWindow) {
  EXPECT_EQ(problems_of_convolutions("[[1, 3, 1, 2, 1], [1, 3, 1, 4, 2], [1, 2, 1, 65536, 65536]]"), "");
  EXPECT_THAT(problems_of_convolutions("[[4, 3, 1, 1, 1], [1, 1, 65536, 16384, 1]]"),
              testing::AllOf(HasSubstr("conv_hid_layers"), HasSubstr("[1, 1, 65536, 16384, 1]: a padding of 16384"),
                             HasSubstr("at most dilation * (kernel - 1) = 0"),
                             HasSubstr("nearest legal value: [[4, 3, 1, 1, 1], [1, 1, 65536, 0, 1]]")));
  EXPECT_THAT(problems_of_convolutions("[[4, 3, 1, 5, 2]]"), HasSubstr("nearest legal value: [[4, 3, 1, 4, 2]]"));
}

TEST(NetConfig, ReadsResidualConvolutions) {
  const std::string keys = R"("hid_layers_activation": "relu", "fc_hid_layers": [256], )";
  const NetConfig c =
      read_spec(R"({"type": "ImpalaNet", )" + keys + R"("channels": [16, 32], "normalize": true})", read_one);
  const auto& impala = std::get<ImpalaConfig>(c.type);
  EXPECT_THAT(impala.channels, ElementsAre(16, 32));
  EXPECT_THAT(impala.fc_hid_layers, ElementsAre(256));
  EXPECT_TRUE(impala.normalize);
  const auto wrong = [&](const std::string& channels) {
    return problems(R"({"type": "DuelingImpalaNet", )" + keys + channels + "}", read_one);
  };
  EXPECT_EQ(wrong(R"("channels": [16])"), "");
  EXPECT_THAT(wrong(R"("channels": [])"), HasSubstr("at least one stage"));
  EXPECT_THAT(wrong(R"("channels": [16, 0])"), HasSubstr("channels"));
  EXPECT_THAT(wrong(R"("normalize": true)"), HasSubstr("channels"));
  EXPECT_THAT(wrong(R"("channels": [16], "conv_hid_layer": [[4, 2, 1, 0, 1]])"), HasSubstr("conv_hid_layer"));
}

TEST(NetConfig, SaysWhatIsWrong) {
  const auto wrong = [](const std::string& keys) {
    return problems(R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "relu")" + keys + "}", read_one);
  };
  EXPECT_EQ(wrong(""), "");
  EXPECT_THAT(wrong(R"(, "init_fn": "constant_")"), HasSubstr("init_fn"));
  EXPECT_THAT(wrong(R"(, "clip_grad": 1)"), HasSubstr("clip_grad_val"));
  EXPECT_THAT(wrong(R"(, "polyak_coef": 2)"), HasSubstr("polyak_coef"));
  EXPECT_THAT(wrong(R"(, "layer_norm": 1)"), HasSubstr("layer_norm"));
  EXPECT_THAT(problems(R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "elu",
                           "init_fn": "orthogonal_"})",
                       read_one),
              HasSubstr("PyTorch defines none for elu"));
  EXPECT_THAT(problems(R"({"type": "MLPNet", "hid_layers": [], "hid_layers_activation": "relu"})", read_one),
              HasSubstr("at least one"));
  EXPECT_THAT(problems(R"({"type": "MPLNet"})", read_one), HasSubstr("did you mean MLPNet?"));
}

TEST(NetConfig, RefusesBf16WhereThereIsNone) {
  const auto refused = [](const std::string& keys, auto read) {
    return problems(R"({"precision": "bf16", "hid_layers_activation": "relu", )" + keys + "}", read);
  };
  const std::string two = R"("conv_hid_layers": [[4, 2, 1, 0, 1], [4, 2, 1, 0, 1]], "fc_hid_layers": [8])";
  const std::string one = R"("conv_hid_layers": [[4, 2, 1, 0, 1]], "fc_hid_layers": [8])";
  const std::string channels = R"("channels": [16], "fc_hid_layers": [8])";
  EXPECT_EQ(refused(R"("type": "MLPNet", "hid_layers": [8])", read_one), "");
  EXPECT_EQ(refused(R"("type": "ConvNet", )" + one, read_one), "") << "the first convolution has no normalisation";
  EXPECT_EQ(refused(R"("type": "DuelingConvNet", )" + two, read_one), "");
  const std::string expected = "; expected float32, or auto";
  for (const char* type : {"MLPNet", "DuelingMLPNet"})
    EXPECT_THAT(refused(R"("layer_norm": true, "hid_layers": [8], "type": ")" + std::string(type) + '"', read_one),
                HasSubstr("there is no bf16 for layer_norm" + expected));
  EXPECT_THAT(refused(R"("type": "ConvNet", )" + two, read_one),
              HasSubstr("there is no bf16 for batch normalisation of images" + expected));
  EXPECT_THAT(
      refused(R"("type": "DuelingConvNet", "fc_hid_layers": [], "conv_hid_layers": [[4, 2, 1, 0, 1]])", read_one),
      HasSubstr("there is no bf16 for a net without dense hidden layers" + expected));
  for (const char* type : {"ImpalaNet", "DuelingImpalaNet"})
    EXPECT_THAT(refused(channels + R"(, "type": ")" + type + '"', read_one),
                HasSubstr("there is no bf16 for residual convolutions" + expected));
  EXPECT_THAT(refused(R"("type": "MLPNet", "hid_layers": [8])", read_batch_renorm_net_config),
              HasSubstr("there is no bf16 for batch_renorm" + expected));
}

/// The keys of `keys`, added to a small net, that reading names as inert.
template <class Read>
std::vector<std::string> inert_keys(const std::string& keys, Read read) {
  const JsonNode object =
      parse_json(R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "relu")" + keys + "}", "test.json");
  SpecReport report("test.json");
  SpecReader reader(&object, "net", report);
  read(reader);
  EXPECT_TRUE(report.problems().empty()) << report.line(report.problems()[0]);
  std::vector<std::string> names;
  for (const SpecFinding& finding : report.inert_keys()) names.push_back(finding.path.substr(4));
  return names;
}

TEST(NetConfig, NamesTheKeysOfPartsThatAnAlgorithmDoesNotHave) {
  const std::string keys = R"(, "log_std_init": 0, "actor_init_std": 1, "critic_init_std": 1, "update_type": "polyak",
                              "update_frequency": 1, "polyak_coef": 0.1, "loss_spec": {"name": "CrossEntropyLoss"})";
  const auto with = [](NetUse use) { return [use](SpecReader& reader) { return read_net_config(reader, use); }; };
  EXPECT_THAT(inert_keys(keys, with({})),
              UnorderedElementsAre("log_std_init", "actor_init_std", "critic_init_std", "update_type",
                                   "update_frequency", "polyak_coef", "loss_spec"));
  const std::string legal = R"(, "log_std_init": 0, "actor_init_std": 1, "critic_init_std": 1, "update_type": "polyak",
                               "update_frequency": 1, "polyak_coef": 0.1, "loss_spec": {"name": "L1Loss"})";
  EXPECT_THAT(inert_keys(legal, with(kEveryNetUse)), ElementsAre());
  EXPECT_THAT(inert_keys(legal, with({.loss = true, .target = true})),
              UnorderedElementsAre("log_std_init", "actor_init_std", "critic_init_std"));
}

TEST(NetConfig, NamesTheKeysThatOthersShadow) {
  const std::string optims = R"(, "optim_spec": {"name": "Adam"}, "actor_optim_spec": {"name": "Adam"},
                                "critic_optim_spec": {"name": "Adam"})";
  const auto with = [&](const std::string& how) { return inert_keys(optims + how, read_two); };
  EXPECT_THAT(with(R"(, "shared": false, "use_same_optim": false)"), ElementsAre("optim_spec"));
  EXPECT_THAT(with(R"(, "shared": true, "use_same_optim": false)"),
              UnorderedElementsAre("optim_spec", "critic_optim_spec"));
  EXPECT_THAT(with(R"(, "shared": false, "use_same_optim": true)"),
              UnorderedElementsAre("optim_spec", "critic_optim_spec"));
  EXPECT_THAT(inert_keys(R"(, "shared": false, "use_same_optim": false, "optim_spec": {"name": "Adam"},
                            "actor_optim_spec": {"name": "Adam"}, "critic_init_std": 1, "actor_init_std": 1)",
                         read_two),
              ElementsAre());
}

TEST(NetConfig, ATargetNetThatWouldNotMoveIsRefused) {
  const auto wrong = [](const std::string& keys) {
    return problems(R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "relu")" + keys + "}", read_one);
  };
  EXPECT_THAT(wrong(R"(, "update_type": "polyak")"), HasSubstr("polyak_coef"));
  EXPECT_THAT(wrong(R"(, "update_type": "polyak", "polyak_coef": 0)"), HasSubstr("polyak_coef"));
  EXPECT_THAT(inert_keys(R"(, "polyak_coef": 0.1)", read_one), ElementsAre("polyak_coef"));
  EXPECT_THAT(inert_keys(R"(, "update_type": "polyak", "polyak_coef": 0.1, "update_frequency": 2)", read_one),
              ElementsAre("update_frequency"));
}

TEST(NetConfig, BoundsStandOnBothSides) {
  for (const char* key :
       {R"("hid_layers": [65537])", R"("clip_grad_val": 1e10)", R"("log_std_init": 21)", R"("actor_init_std": 0)",
        R"("optim_spec": {"name": "Adam", "eps": 0})", R"("optim_spec": {"name": "Adam", "lr": 1e9})",
        R"("optim_spec": {"name": "SGD", "momentum": 2})",
        R"("lr_scheduler_spec": {"name": "ExponentialLR", "gamma": 1e39})"}) {
    const std::string layers = std::string(key).starts_with("\"hid_layers\"") ? "" : R"("hid_layers": [4], )";
    EXPECT_NE(problems("{" + layers + R"("type": "MLPNet", "hid_layers_activation": "relu", )" + key + "}", read_one),
              "")
        << key;
  }
}

}  // namespace
}  // namespace slm::config_test
