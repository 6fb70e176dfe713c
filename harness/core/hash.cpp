#include "harness/core/hash.hpp"

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace xib {

struct Sha256::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  if (EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) != 1) fail("OpenSSL offers no SHA-256 on this machine");
}
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) != 1) fail("EVP_DigestUpdate failed");
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  if (EVP_DigestFinal_ex(context_->md, digest.data(), nullptr) != 1) fail("EVP_DigestFinal failed");
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const auto byte : digest) out += {kDigits[byte >> 4], kDigits[byte & 15]};
  return out;
}

std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.hex();
}

std::string sha256_file(const std::string& path) {
  const OpenFile file = open_file(path, "check the name");
  Sha256 hash;
  std::array<std::byte, 1 << 16> buffer;
  while (const auto got = std::fread(buffer.data(), 1, buffer.size(), file.get())) hash.update(std::span(buffer).first(got));
  if (std::ferror(file.get())) refuse_unreadable(path, errno);
  return hash.hex();
}

}  // namespace xib
