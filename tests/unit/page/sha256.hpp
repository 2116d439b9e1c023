// SHA-256 (FIPS 180-4), for the test of the page's Content-Security-Policy.
#pragma once

#include <string>
#include <string_view>

namespace kcommons::page::test {

// The digest in base64, as a policy holds it.
std::string sha256_base64(std::string_view message);

}  // namespace kcommons::page::test
