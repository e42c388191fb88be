#include "slm_lab/report/tensorboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

namespace slm {
namespace {

/// An independent reader of TFRecord and Protocol Buffers.
class Reader {
 public:
  explicit Reader(std::string_view data) : left_(data) {}
  bool done() const { return left_.empty(); }

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);  // this machine is little-endian, as the format
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = number<unsigned char>();
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
  }
  std::string_view take(std::size_t size) {
    if (size > left_.size()) throw std::runtime_error("cut short");
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }

  std::string_view record() {
    const std::string_view length = left_.substr(0, 8);
    const auto size = number<std::uint64_t>();
    check(length);
    const std::string_view data = take(size);
    check(data);
    return data;
  }

 private:
  void check(std::string_view data) {
    const std::uint32_t crc = crc32c(data);
    EXPECT_EQ(number<std::uint32_t>(), ((crc >> 15) | (crc << 17)) + 0xa282ead8U);
  }
  std::string_view left_;
};

struct Event {
  double wall_time = 0;
  std::uint64_t step = 0;
  std::string version;
  std::map<std::string, float> scalars;
};

Event parse(std::string_view data) {
  Event event;
  for (Reader reader(data); !reader.done();) switch (reader.varint()) {
      case 1 * 8 + 1:
        event.wall_time = reader.number<double>();
        break;
      case 2 * 8 + 0:
        event.step = reader.varint();
        break;
      case 3 * 8 + 2:
        event.version = reader.take(reader.varint());
        break;
      case 5 * 8 + 2:
        for (Reader summary(reader.take(reader.varint())); !summary.done();) {
          EXPECT_EQ(summary.varint(), 1u * 8 + 2);
          Reader value(summary.take(summary.varint()));
          EXPECT_EQ(value.varint(), 1u * 8 + 2);
          const std::string tag(value.take(value.varint()));
          EXPECT_EQ(value.varint(), 2u * 8 + 5);
          event.scalars[tag] = value.number<float>();
        }
        break;
      default:
        throw std::runtime_error("unknown field");
    }
  return event;
}

TEST(Crc32c, KnowsTheVectorsOfRfc3720) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

TEST(TensorBoard, AReaderFindsWhatWasWritten) {
  SessionRow row;
  row.frame = 3000000;
  row.total_reward = 487.25;
  row.loss = -0.5;
  const std::string file = tensorboard_header(1.5) + tensorboard_log_point(2.5, row, "trial0_session1");
  Reader reader(file);
  const Event header = parse(reader.record());
  EXPECT_EQ(header.version, "brain.Event:2");
  EXPECT_EQ(header.wall_time, 1.5);
  const Event point = parse(reader.record());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(point.wall_time, 2.5);
  EXPECT_EQ(point.step, 3000000u);
  EXPECT_EQ(point.scalars.at("total_reward/trial0_session1"), 487.25f);
  EXPECT_EQ(point.scalars.at("loss/trial0_session1"), -0.5f);
  EXPECT_EQ(point.scalars.count("alpha/trial0_session1"), 0u);  // has no value
}

}  // namespace
}  // namespace slm
