#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace slm {

/// SHA-256 (FIPS 180-4), fed in pieces.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  std::string hex();  ///< 64 lower-case digits; ends the message

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(std::string_view bytes);

struct HashedFile {
  std::uint64_t bytes;
  std::string sha256;
};
/// A regular file, as far as it went when it was opened. Throws Error(io).
HashedFile hash_file(const std::filesystem::path& path);
std::string sha256_file(const std::filesystem::path& path);

}  // namespace slm
