#include "slm_lab/net/config.h"

#include "tests/support/net_fixture.h"

namespace slm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kPpo = R"({
  "type": "MLPNet", "shared": false, "use_same_optim": false, "hid_layers": [64, 32], "hid_layers_activation": "Tanh",
  "init_fn": "orthogonal_", "clip_grad_val": 0.5, "normalize": true, "loss_spec": {"name": "SmoothL1Loss"},
  "optim_spec": {"name": "adamw", "lr": 3e-4}, "critic_optim_spec": {"name": "SGD", "lr": 0.1},
  "actor_hid_layers": [8], "lr_scheduler_spec": {"name": "LinearToZero", "frame": 1000}, "gpu": "auto",
  "log_std_init": -0.5, "actor_init_std": 0.01
})";

TEST(NetConfig, ReadsAnActorAndACritic) {
  const ActorCriticNetConfig c = read_spec(kPpo, read_actor_critic_net_config);
  EXPECT_FALSE(c.shared);
  EXPECT_THAT(c.actor.hid_layers, ElementsAre(8));
  EXPECT_THAT(c.critic.hid_layers, ElementsAre(64, 32));
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

TEST(NetConfig, UseSameOptimDropsTheCriticsOwn) {
  const ActorCriticNetConfig c = read_spec(
      R"({"type": "MLPNet", "shared": true, "use_same_optim": true, "hid_layers": [4], "hid_layers_activation": null,
          "optim_spec": {"name": "Adam", "lr": 0.5}, "critic_optim_spec": {"name": "SGD"}})",
      read_actor_critic_net_config);
  EXPECT_EQ(c.critic.optim_spec.lr, 0.5);
  EXPECT_EQ(c.critic.hid_layers_activation, Activation::identity);
}

TEST(NetConfig, ReadsAValueNet) {
  const NetConfig c = read_spec(
      R"({"type": "DuelingMLPNet", "hid_layers": [256], "hid_layers_activation": "relu", "init_fn": null,
          "clip_grad_val": null, "lr_scheduler_spec": null, "update_type": "polyak", "update_frequency": 100,
          "polyak_coef": 0.005, "shared": false})",
      read_net_config);
  EXPECT_EQ(c.type, "DuelingMLPNet");
  EXPECT_EQ(c.init_fn, "");
  EXPECT_FALSE(c.clip_grad_val);
  EXPECT_EQ(c.lr_scheduler_spec.name, "");
  EXPECT_EQ(c.update_type, "polyak");
  EXPECT_EQ(c.update_frequency, 100);
  EXPECT_EQ(c.polyak_coef, 0.005);
  EXPECT_EQ(c.optim_spec.name, "Adam");
  EXPECT_EQ(c.loss_spec.name, "MSELoss");
}

TEST(NetConfig, OutputActivationsAreOneOrOnePerHead) {
  const auto out = [](const std::string& value) {
    return read_spec(
               R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "relu", "out_layer_activation": )" +
                   value + "}",
               read_net_config)
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
      read_net_config);
  EXPECT_THAT(c.conv_hid_layers, ElementsAre(ElementsAre(32, 8, 4, 0, 1), ElementsAre(64, 4, 2, 0, 1)));
  EXPECT_TRUE(c.normalize);
  EXPECT_FALSE(c.batch_norm);
}

TEST(NetConfig, SaysWhatIsWrong) {
  const auto wrong = [](const std::string& keys) {
    return problems(R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "relu")" + keys + "}",
                    read_net_config);
  };
  EXPECT_EQ(wrong(""), "");
  EXPECT_THAT(wrong(R"(, "init_fn": "constant_")"), HasSubstr("init_fn"));
  EXPECT_THAT(wrong(R"(, "clip_grad": 1)"), HasSubstr("clip_grad_val"));
  EXPECT_THAT(wrong(R"(, "polyak_coef": 2)"), HasSubstr("polyak_coef"));
  EXPECT_THAT(wrong(R"(, "layer_norm": true)"), HasSubstr("not in this version"));
  EXPECT_THAT(problems(R"({"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "elu",
                           "init_fn": "orthogonal_"})",
                       read_net_config),
              HasSubstr("PyTorch defines none for elu"));
  EXPECT_THAT(problems(R"({"type": "MLPNet", "hid_layers": [], "hid_layers_activation": "relu"})", read_net_config),
              HasSubstr("at least one"));
  EXPECT_THAT(problems(R"({"type": "MPLNet"})", read_net_config), HasSubstr("did you mean MLPNet?"));
}

}  // namespace
}  // namespace slm
