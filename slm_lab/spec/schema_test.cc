#include "slm_lab/spec/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "slm_lab/spec/meta.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm::schema_test {
namespace {

using Json = nlohmann::json;

/// A small spec with everything that a format may have.
SpecReport described() {
  SpecReport report = SpecReport::describing();
  SpecReader spec(nullptr, "", report);
  EXPECT_TRUE(spec.describing());
  SpecReader net = spec.require_child("net", "the network");
  double gamma = 0.99;
  std::optional<double> clip;
  std::vector<int> layers;
  net.read("gamma", gamma, "discount | factor", between(0, 1));
  for (const auto prefix : {"actor_", "critic_"}) {
    SpecReader view = net.overridden_by(prefix);
    view.require("hid_layers", layers, "widths", at_least(1));
    std::optional<SpecReader> optimizer = view.child("optim_spec", "the optimiser");
    EXPECT_TRUE(optimizer);
    optimizer->choose("name", {"Adam", "SGD"}, "which", [&](const std::string& name, SpecReader& rest) {
      rest.read("lr", gamma, "learning rate", above(0));
      if (name == "SGD") rest.require("momentum", gamma, "momentum");
    });
    optimizer->done();
  }
  net.read("clip", clip, "null: not clipped", above(0));
  net.inert("gpu", "no device choice");
  net.done();
  spec.read_json("search", "search block", "what a search samples");
  spec.done();
  EXPECT_TRUE(report.problems().empty());
  return report;
}

TEST(SpecJsonSchema, SaysWhatTheReadersSay) {
  const SpecReport report = described();
  const Json schema = Json::parse(spec_json_schema(report.format()));
  const Json& net = schema["$defs"]["net"];
  EXPECT_EQ(schema["$defs"]["spec"]["properties"]["net"]["$ref"], "#/$defs/net");
  EXPECT_EQ(schema["$defs"]["spec"]["required"], Json::array({"net"}));
  EXPECT_EQ(net["unevaluatedProperties"], false);
  EXPECT_EQ(net["properties"]["gamma"]["default"], 0.99);
  EXPECT_EQ(net["properties"]["gamma"]["anyOf"][0], (Json{{"type", "number"}, {"minimum", 0}, {"maximum", 1}}));
  EXPECT_EQ(net["properties"]["clip"]["anyOf"][1], (Json{{"type", "null"}}));
  EXPECT_TRUE(net["properties"].contains("critic_hid_layers"));
  EXPECT_EQ(net["properties"]["gpu"]["deprecated"], true);
  EXPECT_EQ(
      net["allOf"][0],
      (Json{{"anyOf", {{{"required", {"hid_layers"}}}, {{"required", {"actor_hid_layers", "critic_hid_layers"}}}}}}));
  EXPECT_EQ(net["properties"]["actor_optim_spec"]["anyOf"][0]["$ref"], "#/$defs/optim_spec");
  const Json& optimizer = schema["$defs"]["optim_spec"];
  EXPECT_EQ(optimizer["required"], Json::array({"name"}));
  EXPECT_EQ(optimizer["allOf"].size(), 2u);  // seen through two views, described once
  EXPECT_EQ(optimizer["allOf"][1]["if"]["properties"]["name"]["enum"], Json::array({"SGD"}));
  EXPECT_EQ(optimizer["allOf"][1]["then"]["required"], Json::array({"momentum"}));
}

TEST(SpecDocument, HasALineForEveryKey) {
  const std::string text = spec_document(described().format());
  EXPECT_THAT(text, testing::HasSubstr("| `gamma` | number | 0.99 | [0, 1] | discount \\| factor |"));
  EXPECT_THAT(
      text,
      testing::HasSubstr(
          "| `hid_layers`, `actor_hid_layers`, `critic_hid_layers` | array of integer | required | >= 1 | widths |"));
  EXPECT_THAT(text, testing::HasSubstr("| `clip` | number or null | null | > 0 | null: not clipped |"));
  EXPECT_THAT(text, testing::HasSubstr("| `gpu` | no device choice |"));
  EXPECT_THAT(text, testing::HasSubstr("With `name` = `SGD`"));
}

TEST(Describing, RequiredIsWhatEveryPassRequires) {
  SpecReport report = SpecReport::describing();
  SpecReader spec(nullptr, "", report);
  double value = 0;
  SpecReader first = spec.require_child("net", "the network");
  first.require("always", value, "");
  first.require("in_the_first", value, "");
  first.inert("inert_in_the_first", "no effect");
  SpecReader conditional = first.under_condition();
  conditional.require("conditional", value, "");
  SpecReader second = spec.require_child("net", "the network");
  second.require("always", value, "");
  second.require("in_the_second", value, "");
  second.read("inert_in_the_first", value, "an effect");
  second.inert("always", "no effect");
  const FormatObject& net = *report.format().key("net").child;
  const auto required = [&](std::string_view name) {
    return net.is_required(const_cast<FormatObject&>(net).key(name));
  };
  EXPECT_FALSE(required("in_the_first"));
  EXPECT_FALSE(required("in_the_second"));
  EXPECT_FALSE(required("conditional"));
  EXPECT_FALSE(required("always"));  // inert for somebody
  EXPECT_EQ(report.format().key("net").child->key("inert_in_the_first").doc, "an effect");
  EXPECT_EQ(report.format().key("net").child->key("always").role, FormatKey::Role::field);
}

TEST(Describing, MetaDescribesItself) {
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "", report);
  read_meta_config(reader);
  EXPECT_TRUE(report.problems().empty());
  EXPECT_THAT(spec_document(report.format()), testing::HasSubstr("`max_session`"));
}

}  // namespace
}  // namespace slm::schema_test
