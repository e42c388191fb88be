#include "slm_lab/store/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "tests/support/scratch_folder.h"

namespace slm::weights_test {
namespace {

using testing::HasSubstr;

const WeightsMetadata kOfCartPole = {{"env", "CartPole-v1"}, {"net", "actor"}};

class Weights : public testing::Test {
 protected:
  void write(std::vector<float> values, const WeightsMetadata& metadata = kOfCartPole) {
    Archive archive;
    archive("values", values);
    write_weights(file_, std::move(archive), metadata);
  }
  /// The text of the refusal, "" when it is read.
  std::string refusal(ExitCode code = ExitCode::corrupt) {
    try {
      read_weights(file_, kOfCartPole);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
  }
  ScratchFolder scratch_;
  std::filesystem::path file_ = scratch_ / "weights.safetensors";
};

TEST_F(Weights, ComeBack) {
  write({1, 2, 3});
  Archive archive = read_weights(file_, kOfCartPole);
  std::vector<float> values;
  archive("values", values);
  EXPECT_EQ(values, (std::vector<float>{1, 2, 3}));
}

TEST_F(Weights, OneFlippedBitAnywhereIsNoticed) {
  write({1, 2, 3});
  const std::string good = read_file(file_);
  int refused = 0;
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      write_file_durably(file_, bytes);
      const std::string text = refusal();
      // White space between the words of the header is the one thing that has no meaning.
      if (text.empty()) {
        EXPECT_TRUE(std::isspace(bytes[at]) && std::isspace(good[at])) << at << "." << bit;
      }
      refused += text.empty() ? 0 : 1;
    }
  EXPECT_GT(refused, static_cast<int>(good.size()) * 7);
}

TEST_F(Weights, OfSomethingElseAreRefused) {
  write({1}, {{"env", "Acrobot-v1"}, {"net", "actor"}});
  EXPECT_THAT(refusal(), HasSubstr("env = Acrobot-v1, expected CartPole-v1"));
  write({1}, {{"env", "CartPole-v1"}});
  EXPECT_THAT(refusal(), HasSubstr("net = nothing, expected actor"));
}

TEST_F(Weights, ThatAreNotFiniteAreRefused) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    write({1, bad});
    EXPECT_THAT(refusal(), HasSubstr("values: a number that is not finite"));
  }
}

TEST_F(Weights, WithoutAChecksumOrAFile) {
  EXPECT_THAT(refusal(ExitCode::usage), HasSubstr("no weights yet"));
  Archive archive;
  std::vector<float> values{1};
  archive("values", values);
  archive.write(file_);
  EXPECT_THAT(refusal(), HasSubstr("without a checksum"));
}

}  // namespace
}  // namespace slm::weights_test
