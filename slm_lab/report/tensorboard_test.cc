#include "slm_lab/report/tensorboard.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

#include "slm_lab/report/event_record.h"

namespace slm::tensorboard_test {
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

SessionRow some_row() {
  SessionRow row;
  row.frame = 3000000;
  row.total_reward = 487.25;
  row.loss = -0.5;
  return row;
}

TEST(TensorBoard, AReaderFindsWhatWasWritten) {
  const std::string file = tensorboard_version(1.5) + tensorboard_point(2.5, some_row(), PointKind::train);
  Reader reader(file);
  const Event header = parse(reader.record());
  EXPECT_EQ(header.version, "brain.Event:2");
  EXPECT_EQ(header.wall_time, 1.5);
  const Event point = parse(reader.record());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(point.wall_time, 2.5);
  EXPECT_EQ(point.step, 3000000u);
  EXPECT_EQ(point.scalars.at("rollout/total_reward"), 487.25f);
  EXPECT_EQ(point.scalars.at("train/loss"), -0.5f);
  EXPECT_EQ(point.scalars.at("time/fps"), 0.f);
  EXPECT_EQ(point.scalars.count("train/alpha"), 0u);  // has no value
  EXPECT_EQ(point.scalars.count("train/frame"), 0u);  // is the step
}

TEST(TensorBoard, AnEvaluationTellsItsReturnAlone) {
  const std::string file = tensorboard_point(2.5, some_row(), PointKind::eval);
  const Event point = parse(Reader(file).record());
  EXPECT_EQ(point.scalars, (std::map<std::string, float>{{"eval/total_reward", 487.25f}}));
}

TEST(TensorBoard, ItsOwnPointsAreKnownAgain) {
  const auto place = [](const std::string& record) {
    std::string_view left = record;
    return point_place(next_event_record(left).data);
  };
  const auto train = place(tensorboard_point(1, some_row(), PointKind::train));
  ASSERT_TRUE(train);
  EXPECT_EQ(train->kind, PointKind::train);
  EXPECT_EQ(train->frame, 3000000);
  const auto eval = place(tensorboard_point(1, some_row(), PointKind::eval));
  ASSERT_TRUE(eval);
  EXPECT_EQ(eval->kind, PointKind::eval);
  EXPECT_EQ(eval->frame, 3000000);
  EXPECT_FALSE(place(tensorboard_version(1)));
  EXPECT_FALSE(place(tensorboard_text(1, "spec", "{}")));
  EXPECT_FALSE(place(tensorboard_start(1, "t0", {})));
  EXPECT_FALSE(place(tensorboard_end(1, true)));
}

// What protobuf itself makes of the same messages (SerializeToString of TensorBoard 2.21's own classes).
TEST(TensorBoard, HyperParametersAreTheBytesOfProtobuf) {
  const std::array parameters = {HyperParameter{"lr", 0.5}, HyperParameter{"net", std::string("MLP")},
                                 HyperParameter{"sde", true}};
  const auto hex = [](const std::string& record) {
    std::string_view left = record;
    std::string text;
    for (const unsigned char byte : next_event_record(left).data) text += fmt::format("{:02x}", byte);
    return text;
  };
  EXPECT_EQ(hex(tensorboard_start(2, "run/t0", parameters)),
            "0900000000000000402a740a720a1c5f68706172616d735f2f73657373696f6e5f73746172745f696e66"
            "6f42060801120212004a4a0a480a0768706172616d73123d1a3b0a0f0a026c72120911000000000000e0"
            "3f0a0c0a036e657412051a034d4c500a090a0373646512022001220672756e2f74302900000000000000"
            "40");
  EXPECT_EQ(hex(tensorboard_end(3, true)),
            "0900000000000008402a420a400a1a5f68706172616d735f2f73657373696f6e5f656e645f696e666f42"
            "060801120212004a1a0a180a0768706172616d73120d220b0801110000000000000840");
  EXPECT_EQ(hex(tensorboard_end(3, false)),
            "0900000000000008402a420a400a1a5f68706172616d735f2f73657373696f6e5f656e645f696e666f42"
            "060801120212004a1a0a180a0768706172616d73120d220b0802110000000000000840");
  EXPECT_EQ(hex(tensorboard_text(4, "spec", "`{}`")),
            "0900000000000010402a220a200a0473706563420e08071204120208014204607b7d604a080a060a0474"
            "657874");
}

TEST(EventRecord, OneThatIsNotWholeOrNotAsItWasIsNoRecord) {
  std::string record;
  append_event_record("some data", record);
  for (std::size_t size = 0; size < record.size(); ++size) {
    std::string_view left = std::string_view(record).substr(0, size);
    EXPECT_EQ(next_event_record(left).state, EventRecord::State::partial) << size;
    EXPECT_EQ(left.size(), size);
  }
  for (std::size_t at = 0; at < record.size(); ++at) {
    std::string damaged = record;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    std::string_view left = damaged;
    EXPECT_EQ(next_event_record(left).state, EventRecord::State::damaged) << at;
  }
}

}  // namespace
}  // namespace slm::tensorboard_test
