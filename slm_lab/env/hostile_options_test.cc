// Nonsense for every option of every environment, made from the options' own types: each is refused with its name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "tests/support/option_refusal.h"

namespace slm::hostile_options_test {
namespace {

const std::map<std::string, std::vector<std::string>> kNonsense{
    {"number", {"\"x\"", "true", "[1]", "{}", "1e10", "-1e10", "1e999", "nan", "-inf", "null", "\"\""}},
    {"boolean", {"1", "0", "\"yes\"", "\"true\"", "[true]", "{}", "null", "1e400"}},
    {"integer",
     {"-1", "1.5", "1e12", "-9223372036854775809", "\"4\"", "true", "[4]", "{}", "null", "99999999999999999999"}},
    {"array", {"1", "\"x\"", "[]", "[1]", "[2, 1]", "[1, 2, 3]", "[\"a\", 2]", "{}", "[[0, 1]]", "[true, 2]", "null"}},
};

std::vector<FormatKey> options_of(const EnvEntry& entry) {
  SpecReport report = SpecReport::describing();
  SpecReader reader(nullptr, "", report);
  entry.read_kwargs(reader, entry.name);
  std::vector<FormatKey> options;
  for (FormatKey& key : report.format().keys)
    if (key.role == FormatKey::Role::field) options.push_back(std::move(key));
  return options;
}

TEST(HostileOptions, AreRefusedWithTheirNames) {
  int num_refused = 0;
  for (const EnvEntry& entry : env_table()) {
    if (entry.name == "gymnasium:") continue;  // its options are those of any environment: gymnasium/bridge_test.cc
    const std::string env = entry.name == "ALE/" ? "ALE/Pong-v5" : std::string(entry.name);
    for (const FormatKey& option : options_of(entry)) {
      const auto nonsense = kNonsense.find(option.types.at(0));
      if (nonsense == kNonsense.end() || option.types.size() > 1) continue;  // files and bodies: mujoco/options_test.cc
      for (const std::string& value : nonsense->second) {
        EXPECT_THAT(option_refusal(env, option.name + "=" + value), testing::HasSubstr(option.name))
            << env << " " << value;
        ++num_refused;
      }
      EXPECT_THAT(option_refusal(env, option.name + "x=1"), testing::HasSubstr(option.name))
          << env << ", a letter too many";
    }
  }
  EXPECT_GE(num_refused, 200);
}

}  // namespace
}  // namespace slm::hostile_options_test
