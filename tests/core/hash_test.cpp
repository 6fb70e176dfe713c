#include "harness/core/hash.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>

using namespace xib;

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a text hashed in pieces and a file have the digest of the whole") {
  const std::string whole(100'000, 'x');
  Sha256 pieces;
  for (std::size_t k = 0; k < whole.size(); k += 999) pieces.update(std::string_view(whole).substr(k, 999));
  CHECK(pieces.hex() == sha256(whole));

  const std::string path = "hash_test.bin";
  std::ofstream(path, std::ios::binary) << whole;
  CHECK(sha256_file(path) == sha256(whole));
  std::remove(path.c_str());
  CHECK_THROWS_WITH(sha256_file(path), Catch::Contains("cannot read hash_test.bin"));
}
