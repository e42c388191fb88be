#include "slm_lab/base/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/rng.h"
#include "tests/support/scratch_folder.h"

namespace slm::archive_test {
namespace {

using testing::HasSubstr;

struct Inner {
  double rate = 0.25;
  std::vector<float> moments{1, 2, 3};
  void serialize(Archive& archive) {
    archive("rate", rate);
    archive("moments", moments);
  }
};

struct Everything {
  bool flag = true;
  std::int32_t small = -7;
  std::int64_t frame = std::int64_t{1} << 40;
  std::uint64_t word = ~std::uint64_t{0};
  float f = 0.1f;
  std::string text = "a \"quoted\"\n text";
  std::vector<double> doubles{0.1, -0.0};
  std::vector<std::int32_t> ints{1, -2};
  std::vector<std::int64_t> longs{};
  std::vector<std::uint64_t> words{9};
  std::vector<std::uint8_t> bytes{0, 255, 7};
  Matrix matrix{{1, 2, 3}, {4, 5, 6}};
  Vector vector = Vector::LinSpaced(4, 0, 3);
  Mask mask{{true, false, true}};
  std::array<float, 2> fixed{5, 6};
  Inner inner;

  void serialize(Archive& archive) {
    archive("flag", flag);
    archive("small", small);
    archive("frame", frame);
    archive("word", word);
    archive("f", f);
    archive("text", text);
    archive("doubles", doubles);
    archive("ints", ints);
    archive("longs", longs);
    archive("words", words);
    archive("bytes", bytes);
    archive("matrix", matrix);
    archive("vector", vector);
    archive("mask", mask);
    archive("fixed", std::span<float>(fixed));
    archive("inner", inner);
  }
};

Archive saved(Everything object) {
  Archive archive;
  archive.metadata()["format"] = "pt";
  object.serialize(archive);
  return archive;
}

/// A file of this header and data, as text of our own making.
std::string file_of(const std::string& json, const std::string& data = "") {
  std::string file(8, '\0');
  const std::uint64_t size = json.size();
  std::memcpy(file.data(), &size, 8);
  return file + json + data;
}

class ArchiveFile : public testing::Test {
 protected:
  Archive read(const std::string& bytes) {
    std::filesystem::remove(path);  // some file systems sync a file that is written over
    std::ofstream(path, std::ios::binary) << bytes;
    return Archive::read(path);
  }
  std::string refusal(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::corrupt) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
      return error.what();
    }
    return "accepted";
  }

  ScratchFolder folder;
  const std::filesystem::path path = folder / "state.safetensors";
};

TEST_F(ArchiveFile, GivesBackWhatWasWritten) {
  saved({}).write(path);
  Archive archive = Archive::read(path);
  EXPECT_TRUE(archive.loading());
  EXPECT_TRUE(archive.contains("inner.rate"));
  EXPECT_FALSE(archive.contains("rate"));
  EXPECT_EQ(archive.metadata().at("format"), "pt");

  Everything out{.flag = false,
                 .small = 0,
                 .frame = 0,
                 .word = 0,
                 .f = 0,
                 .text = "",
                 .doubles = {},
                 .ints = {},
                 .longs = {3},
                 .words = {},
                 .bytes = {},
                 .matrix = {},
                 .vector = {},
                 .mask = {},
                 .fixed = {},
                 .inner = {0, {}}};
  out.serialize(archive);
  const Everything in;
  EXPECT_EQ(out.flag, in.flag);
  EXPECT_EQ(out.small, in.small);
  EXPECT_EQ(out.frame, in.frame);
  EXPECT_EQ(out.word, in.word);
  EXPECT_EQ(out.f, in.f);
  EXPECT_EQ(out.text, in.text);
  EXPECT_EQ(out.doubles, in.doubles);
  EXPECT_TRUE(std::signbit(out.doubles[1]));
  EXPECT_EQ(out.ints, in.ints);
  EXPECT_EQ(out.longs, in.longs);
  EXPECT_EQ(out.words, in.words);
  EXPECT_EQ(out.bytes, in.bytes);
  EXPECT_EQ(out.matrix, in.matrix);
  EXPECT_EQ(out.vector, in.vector);
  EXPECT_TRUE((out.mask == in.mask).all());
  EXPECT_EQ(out.fixed, in.fixed);
  EXPECT_EQ(out.inner.rate, in.inner.rate);
  EXPECT_EQ(out.inner.moments, in.inner.moments);
}

TEST_F(ArchiveFile, IsSafetensorsByteForByte) {
  Archive archive;
  std::vector<std::uint8_t> bytes{7, 8};
  std::vector<float> weights{1, 2};
  archive("a", bytes);
  archive.tensor("w", std::array<std::int64_t, 2>{1, 2}, weights);
  archive.metadata()["k"] = "v";
  archive.write(path);
  // Written out from the format's description: the wider type first, the header padded to a multiple of 8.
  const std::string header = R"({"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                             R"("a":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  const std::string data("\x00\x00\x80\x3f\x00\x00\x00\x40\x07\x08", 10);
  EXPECT_EQ(read_file(path), file_of(padded, data));
}

TEST_F(ArchiveFile, BytesDependOnContentOnly) {
  saved({}).write(path);
  const std::string first = read_file(path);
  saved({}).write_durably(path);
  EXPECT_EQ(read_file(path), first);
}

TEST_F(ArchiveFile, HoldsArraysLargerThanTheWriteBuffer) {
  std::vector<double> large(300000), small{1};
  Rng rng(1);
  for (double& value : large) value = rng.random();
  Archive archive;
  archive("before", small);
  archive("large", large);
  archive("later", small);
  archive.write(path);
  Archive loaded = Archive::read(path);
  std::vector<double> again;
  loaded("large", again);
  EXPECT_EQ(again, large);
}

TEST_F(ArchiveFile, RefusesFieldsThatDoNotFit) {
  Archive archive = saved({}).reopened();
  double d;
  std::vector<double> doubles(2);
  std::array<float, 3> three;
  Matrix matrix;
  EXPECT_THROW(archive("missing", d), Error);
  EXPECT_THROW(archive("f", d), Error);                            // F32
  EXPECT_THROW(archive("doubles", d), Error);                      // a list
  EXPECT_THROW(archive("fixed", std::span<float>(three)), Error);  // two numbers
  EXPECT_THROW(archive("vector", matrix), Error);
  EXPECT_NO_THROW(archive("doubles", doubles));
  Archive writing;
  writing("twice", d);
  EXPECT_THROW(writing("twice", d), std::logic_error);
}

TEST_F(ArchiveFile, AcceptsAnyOrderSpacesAndEscapes) {
  Archive archive = read(file_of(R"( {"b": {"data_offsets":[1,2], "shape":[], "dtype":"U8"},)"
                                 R"("\u0061\ud83d\ude00":{"dtype":"BOOL","shape":[1,1],"data_offsets":[0,1]}}  )" +
                                     1,
                                 std::string("\x01\x02", 2)));
  EXPECT_TRUE(archive.contains("b"));
  EXPECT_TRUE(archive.contains("a\xf0\x9f\x98\x80"));
}

TEST_F(ArchiveFile, RefusesEveryDamagedHeader) {
  const auto tensor = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"("x":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  const auto one = [&](const std::string& dtype, const std::string& shape, const std::string& offsets,
                       std::size_t bytes) {
    return refusal(file_of("{" + tensor(dtype, shape, offsets) + "}", std::string(bytes, '\0')));
  };
  ASSERT_EQ(one("F32", "[2]", "[0,8]", 8), "accepted");
  EXPECT_THAT(one("F32", "[2]", "[0,8]", 9), HasSubstr("describes 8 bytes of data, the file holds 9"));
  EXPECT_THAT(one("F32", "[2]", "[0,8]", 7), HasSubstr("the file holds 7"));
  EXPECT_THAT(one("F32", "[3]", "[0,8]", 8), HasSubstr("do not hold its shape"));
  EXPECT_THAT(one("F32", "[2]", "[8,0]", 8), HasSubstr("do not hold its shape"));
  EXPECT_THAT(one("F32", "[2]", "[4,12]", 12), HasSubstr("a hole or an overlap"));
  EXPECT_THAT(one("Q32", "[2]", "[0,8]", 8), HasSubstr("unknown dtype Q32"));
  EXPECT_THAT(one("F32", "[4611686018427387904,4]", "[0,0]", 0), HasSubstr("overflows"));
  EXPECT_THAT(one("F32", "[-2]", "[0,8]", 8), HasSubstr("non-negative integer"));
  EXPECT_THAT(one("F32", "[2.0]", "[0,8]", 8), HasSubstr("expected ]"));
  EXPECT_THAT(one("F32", "[02]", "[0,8]", 8), HasSubstr("bad integer"));
  EXPECT_THAT(one("F32", "[99999999999999999999]", "[0,8]", 8), HasSubstr("bad integer"));
  EXPECT_THAT(one("F32", "[2]", "[0,8,8]", 8), HasSubstr("two numbers"));
  EXPECT_THAT(one("F32", "2", "[0,8]", 8), HasSubstr("expected ["));
  EXPECT_THAT(one("BOOL", "[1]", "[0,1]", 1), "accepted");
  EXPECT_THAT(refusal(file_of("{" + tensor("BOOL", "[1]", "[0,1]") + "}", "\x02")), HasSubstr("neither 0 nor 1"));
  EXPECT_THAT(refusal(file_of("{" + tensor("U8", "[1]", "[0,1]") + "," + tensor("U8", "[1]", "[1,2]") + "}", "ab")),
              HasSubstr("x appears twice"));
  EXPECT_THAT(refusal(file_of(R"({"x":{"dtype":"U8","shape":[0]}})")), HasSubstr("needs dtype"));
  EXPECT_THAT(refusal(file_of(R"({"x":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})")),
              HasSubstr("twice"));
  EXPECT_THAT(refusal(file_of(R"({"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"y":1}})")),
              HasSubstr("unknown key y"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{"a":1}})")), HasSubstr("expected \""));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{"a":"1","a":"1"}})")), HasSubstr("twice"));
  EXPECT_THAT(refusal(file_of(R"({"\ud800x":1})")), HasSubstr("surrogate"));
  EXPECT_THAT(refusal(file_of(R"({"\x":1})")), HasSubstr("unknown escape"));
  EXPECT_THAT(refusal(file_of("{\"\n\":1}")), HasSubstr("control character"));
  EXPECT_THAT(refusal(file_of(" {}")), HasSubstr("does not begin"));
  EXPECT_THAT(refusal(file_of("{}x")), HasSubstr("text after the end"));
  EXPECT_THAT(refusal(file_of("{")), HasSubstr("expected"));
  EXPECT_THAT(refusal(file_of("")), HasSubstr("does not begin"));
  EXPECT_THAT(refusal(file_of(R"({"x":)" + std::string(100000, '['))), HasSubstr("expected {"));
  EXPECT_EQ(refusal(file_of("{}")), "accepted");
  EXPECT_THAT(refusal(""), HasSubstr("shorter than 8"));
  EXPECT_THAT(refusal("1234567"), HasSubstr("shorter than 8"));
  EXPECT_THAT(refusal(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10)), HasSubstr("a header of"));
  EXPECT_THAT(refusal(std::string("\x03\0\0\0\0\0\0\0{}", 10)), HasSubstr("a header of 3 bytes in a file of 10"));
}

// Damage is refused, or (a flipped bit of the data, of a name, of the metadata) it is another legal file.
TEST_F(ArchiveFile, DamageNeverCrashes) {
  saved({}).write(path);
  const std::string good = read_file(path);
  for (std::size_t length = 0; length < good.size(); ++length) ASSERT_NE(refusal(good.substr(0, length)), "accepted");
  Rng rng(5);
  int refused = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string bad = good;
    for (std::int64_t flips = rng.integers(1, 4); flips > 0; --flips)
      bad[static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(bad.size())))] ^=
          static_cast<char>(1 << rng.integers(0, 8));
    try {
      Archive archive = read(bad);
      Everything object;
      object.serialize(archive);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ExitCode::corrupt) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);  // most of this small file is header
}

TEST_F(ArchiveFile, AFullDiskIsAnIoError) {
  try {
    saved({}).write("/dev/full");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::io);
    EXPECT_THAT(error.what(), HasSubstr("/dev/full: cannot write: No space left on device"));
  }
}

}  // namespace
}  // namespace slm::archive_test
