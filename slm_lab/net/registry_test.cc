#include "slm_lab/net/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/error.h"
#include "slm_lab/net/bf16_kernel.h"

namespace slm::registry_test {
namespace {

NetConfig mlp_config(std::vector<int> hid_layers, Activation activation) {
  NetConfig c;
  c.type = MlpConfig{std::move(hid_layers)};
  c.hid_layers_activation = activation;
  return c;
}

Space small_image() { return Space::bytes({1, 4, 3}); }

TEST(NetRegistry, RefusesObservationsThatItsTypeDoesNotSee) {
  using testing::HasSubstr;
  for (const NetTypeConfig& rows : {NetTypeConfig(MlpConfig{{4}}), NetTypeConfig(DuelingMlpConfig{{4}})}) {
    EXPECT_EQ(observations_problem(rows, Space::row(12)), "");
    EXPECT_THAT(observations_problem(rows, small_image()), HasSubstr("images of 1 x 4 x 3; expected ConvNet"));
  }
  EXPECT_EQ(observations_problem(ConvConfig{{{4, 2, 1, 0, 1}}}, small_image()), "");
  EXPECT_THAT(observations_problem(ConvConfig{}, Space::row(12)), HasSubstr("rows of 12 numbers; expected MLPNet"));
  Rng rng(0);
  EXPECT_THROW(make_net(mlp_config({4}, Activation::relu), small_image(), {{1}}, rng), SpecError);
}

TEST(NetRegistry, RefusesHeadsThatDoNotFit) {
  Rng rng(0);
  NetConfig config = mlp_config({4}, Activation::relu);
  config.out_layer_activation = {Activation::tanh, Activation::relu};
  EXPECT_THROW(make_net(config, Space::row(2), {{1}}, rng), SpecError);
  config = mlp_config({4}, Activation::relu);
  config.type = DuelingMlpConfig{{4}};
  EXPECT_THROW(make_net(config, Space::row(2), {{1}, {1}}, rng), SpecError);
}

TEST(NetRegistry, ConvolutionsComputeInBf16WhereThatIsAskedForOrGains) {
  const auto in_bf16 = [](const char* precision, int channels, int width) {
    NetConfig config;
    config.type = ConvConfig{{{channels, 2, 1, 0, 1}}, {width}};
    config.precision = precision;
    Rng rng(0);
    return make_net(config, small_image(), {{1}}, rng)->description().contains("precision");
  };
  const bool has_bf16 = bf16_kernels() != nullptr;
  EXPECT_FALSE(in_bf16("float32", 32, 128));
  EXPECT_EQ(in_bf16("bf16", 8, 16), has_bf16);
  EXPECT_EQ(in_bf16("auto", 32, 128), has_bf16);
  EXPECT_FALSE(in_bf16("auto", 31, 128)) << "narrow convolutions";
  EXPECT_FALSE(in_bf16("auto", 32, 127)) << "narrow dense layers";
}

TEST(NetRegistry, ResidualConvolutionsComputeInFloat32) {
  NetConfig config;
  config.type = ImpalaConfig{{32}, {128}};
  Rng rng(0);
  config.precision = "auto";
  EXPECT_FALSE(make_net(config, small_image(), {{1}}, rng)->description().contains("precision"));
}

TEST(NetDescription, SaysWhatAFileNeedsToBeUsed) {
  NetConfig config = mlp_config({7, 6}, Activation::tanh);
  config.out_layer_activation = {Activation::relu, Activation::identity};
  Rng rng(1);
  EXPECT_EQ(make_net(config, Space::row(5), {{3}, {1}}, rng)->description(),
            (std::map<std::string, std::string>{{"type", "MLPNet"},
                                                {"inputs", "5"},
                                                {"hid_layers", "[7, 6]"},
                                                {"hid_layers_activation", "tanh"},
                                                {"heads", "[3, 1]"},
                                                {"out_layer_activation", R"(["relu", "identity"])"}}));
  config.type = DuelingMlpConfig{{7}, /*layer_norm=*/true};
  config.out_layer_activation.clear();
  const auto dueling = make_net(config, Space::row(5), {{3}}, rng)->description();
  EXPECT_EQ(dueling.at("layer_norm"), "true");
  EXPECT_EQ(dueling.at("type"), "DuelingMLPNet");
  EXPECT_EQ(dueling.at("heads"), "[1, 3]") << "V, then A";
}

}  // namespace
}  // namespace slm::registry_test
