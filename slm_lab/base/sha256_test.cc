#include "slm_lab/base/sha256.h"

#include <gtest/gtest.h>

#include "slm_lab/base/file.h"
#include "slm_lab/base/xxh3.h"
#include "tests/support/scratch_folder.h"

namespace slm::sha256_test {
namespace {

// Messages and digests of FIPS 180-2, appendix B, and of the empty message.
TEST(Sha256, IsTheStandards) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesOfAnySizeMakeTheSameMessage) {
  const std::string message(300, 'x');
  for (std::size_t length = 0; length <= message.size(); ++length) {
    Sha256 hash;
    const auto bytes = std::as_bytes(std::span(message));
    hash.update(bytes.first(length));
    hash.update(bytes.subspan(length));
    ASSERT_EQ(hash.hex(), sha256_hex(message)) << length;
  }
}

TEST(Sha256, OfAFileLongerThanTheReadBuffer) {
  const ScratchFolder folder;
  write_file_durably(folder / "a", std::string(1000000, 'a'));
  EXPECT_EQ(sha256_file(folder / "a"), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(hash_file(folder / "a").bytes, 1000000u);
}

TEST(Sha256, OfAShortFileAndOfAnEmptyOne) {
  const ScratchFolder folder;
  write_file_durably(folder / "abc", "abc");
  write_file_durably(folder / "empty", "");
  EXPECT_EQ(sha256_file(folder / "abc"), sha256_hex("abc"));
  EXPECT_EQ(hash_file(folder / "empty").bytes, 0u);
  EXPECT_EQ(hash_file(folder / "empty").sha256, sha256_hex(""));
}

TEST(Xxh3, IsTheReferences) {
  EXPECT_EQ(xxh3_hex({}), "99aa06d3014798d86001c324468d497f");  // XXH3_128bits of nothing, seed 0, of its test suite
}

}  // namespace
}  // namespace slm::sha256_test
