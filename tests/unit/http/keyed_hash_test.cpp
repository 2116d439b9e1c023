#include "http/keyed_hash.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace kcommons::http;

// The key and the texts of the reference implementation's vectors (vectors.h, vectors_sip128): the
// bytes 0, 1, 2, …
TEST_CASE("the hash is siphash with 128 bits", "[http]") {
  const HashKey key{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  std::string text;
  CHECK(keyed_hash(key, text) == Hash{0xe6a825ba047f81a3U, 0x930255c71472f66dU});
  text += '\0';
  CHECK(keyed_hash(key, text) == Hash{0x44af996bd8c187daU, 0x45fc229b11597634U});
  for (char byte = 1; byte < 15; ++byte) text += byte;
  CHECK(keyed_hash(key, text) == Hash{0x11a8b03399e99354U, 0xd9c3cf970fec087eU});
}

TEST_CASE("another key makes another hash", "[http]") {
  CHECK(keyed_hash({1, 2}, "alice:secret") != keyed_hash({1, 3}, "alice:secret"));
  CHECK(keyed_hash({1, 2}, "alice:secret") != keyed_hash({1, 2}, "alice:secreT"));
}
