#include "slm_lab/base/sha256.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"

namespace slm {

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  ensure(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "SHA-256 begins");
}

void Sha256::update(std::span<const std::byte> bytes) {
  ensure(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "SHA-256 goes on");
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest;
  ensure(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1, "SHA-256 ends");
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(bytes)));
  return hash.hex();
}

HashedFile hash_file(const std::filesystem::path& path) {
  constexpr std::uint64_t kPiece = 1 << 18;
  Descriptor in(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const std::uint64_t size = in.size();  // refuses what is no regular file
  std::vector<std::byte> buffer(std::min(size, kPiece));
  Sha256 hash;
  std::uint64_t done = 0;
  while (const std::size_t count = in.read(std::span(buffer).first(std::min(size - done, kPiece)))) {
    hash.update(std::span(buffer).first(count));
    done += count;
  }
  return {done, hash.hex()};
}

std::string sha256_file(const std::filesystem::path& path) { return hash_file(path).sha256; }

}  // namespace slm
