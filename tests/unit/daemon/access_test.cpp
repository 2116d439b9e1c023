#include "daemon/access.hpp"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/pages.hpp"

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

constexpr const char* kAlice =
    "basic_auth_users:\n  alice: $2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";
constexpr const char* kAliceSays = "Basic YWxpY2U6c2VjcmV0";  // secret

// A file of web.config_file, gone at the end.
class WebFile final {
 public:
  WebFile() {
    std::string name = std::filesystem::temp_directory_path() / "kcommons-web.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~WebFile() { std::filesystem::remove_all(folder_); }
  WebFile(const WebFile&) = delete;
  WebFile& operator=(const WebFile&) = delete;

  [[nodiscard]] std::string path() const { return folder_ / "web.yaml"; }
  // As editors do: another file under the same name.
  void write(const std::string& text) const {
    std::ofstream(folder_ / "new") << text;
    std::filesystem::rename(folder_ / "new", path());
  }

 private:
  std::filesystem::path folder_;
};

http::Response ask(const Access& access, const char* authorization) {
  http::Request request;
  request.method = "GET";
  request.path = "/metrics";
  request.peer = "192.0.2.1";
  if (authorization != nullptr) request.headers.emplace_back("authorization", authorization);
  return access.guard([](const http::Request&) { return http::text_response(200, "in\n"); })(
      request);
}

}  // namespace

TEST_CASE("without a file everybody is in", "[daemon]") {
  const Access access("", nullptr);
  CHECK(ask(access, nullptr).status == 200);
}

TEST_CASE("who is not admitted is told how to ask and nothing else", "[daemon]") {
  const WebFile file;
  file.write(std::string(kAlice) + "http_server_config: {headers: {X-Frame-Options: deny}}\n");
  std::string mistakes;
  const Access access(file.path(), [&](const std::string& now) { mistakes = now; });
  const http::Response in = ask(access, kAliceSays);
  CHECK(in.status == 200);
  CHECK(http::find_header(in.headers, "X-Frame-Options") == "deny");
  for (const char* const said : {static_cast<const char*>(nullptr), "Basic YWxpY2U6", "x"}) {
    const http::Response out = ask(access, said);
    CHECK(out.status == 401);
    CHECK(out.body == "unauthorized\n");
    CHECK(http::find_header(out.headers, "WWW-Authenticate") == "Basic");
  }
}

TEST_CASE("who comes in a flood of wrong passwords is told to come again", "[daemon]") {
  const WebFile file;
  file.write(
      "basic_auth_users:\n  alice: $2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u\n");
  const Access access(file.path(), [](const std::string&) {});
  std::mutex mutex;
  std::vector<http::Response> refusals;
  std::atomic<bool> is_over = false;
  std::vector<std::thread> flood;
  for (std::size_t i = 0; i < http::BasicAuth::kOfOneAddress + 2; ++i) {
    flood.emplace_back([&] {
      while (!is_over) {
        const http::Response out = ask(access, "Basic YWxpY2U6");
        const std::lock_guard lock(mutex);
        refusals.push_back(out);
        if (out.status == 503) is_over = true;
      }
    });
  }
  for (std::thread& one : flood) one.join();
  bool was_busy = false;
  for (const http::Response& out : refusals) {
    if (out.status == 401) continue;
    CHECK(out.status == 503);
    CHECK(http::find_header(out.headers, "Retry-After") == "1");
    was_busy = true;
  }
  CHECK(was_busy);
}

TEST_CASE("a file that never had users lets everybody in", "[daemon]") {
  const WebFile file;
  file.write("http_server_config: {headers: {X-Frame-Options: deny}}\n");
  const Access access(file.path(), [](const std::string&) {});
  CHECK(ask(access, nullptr).status == 200);
  file.write("{}");
  CHECK(ask(access, nullptr).status == 200);
  file.write(kAlice);
  CHECK(ask(access, nullptr).status == 401);
}

TEST_CASE("a pipe in the place of the file lets nobody in, and nobody waits for it", "[daemon]") {
  const WebFile file;
  REQUIRE(::mkfifo(file.path().c_str(), 0600) == 0);
  std::string mistakes;
  const Access access(file.path(), [&](const std::string& now) { mistakes = now; });
  CHECK(ask(access, nullptr).status == 500);
  CHECK_THAT(mistakes, Catch::Contains("no regular file"));
}

TEST_CASE("at the end nobody waits for a password to be looked at", "[daemon]") {
  const WebFile file;
  file.write(kAlice);
  const Access access(file.path(), [](const std::string&) {});
  CHECK(ask(access, kAliceSays).status == 200);
  access.close();
  CHECK(ask(access, kAliceSays).status == 200);
  CHECK(ask(access, nullptr).status == 503);
  file.write(std::string(kAlice) + "http_server_config: {}\n");
  CHECK(ask(access, nullptr).status == 503);
}

TEST_CASE("the file is read again when it changes, and lets nobody in while it is wrong",
          "[daemon]") {
  const WebFile file;
  file.write(kAlice);
  std::string mistakes;
  const Access access(file.path(), [&](const std::string& now) { mistakes = now; });
  CHECK(ask(access, kAliceSays).status == 200);
  CHECK(ask(access, nullptr).status == 401);
  file.write("basic_auth_users: {alice: broken}\n");
  CHECK(ask(access, kAliceSays).status == 500);
  CHECK(ask(access, nullptr).status == 500);
  CHECK(ask(access, nullptr).body.find("broken") == std::string::npos);
  // Not even for the moment in which a file is written.
  for (const char* const none : {"", "basic_auth_users:\n", "{}", "http_server_config: {}\n"}) {
    file.write(none);
    CHECK(ask(access, nullptr).status == 500);
    CHECK(mistakes.find("web.yaml") != std::string::npos);
  }
  file.write(kAlice);
  CHECK(ask(access, kAliceSays).status == 200);
  std::filesystem::remove(file.path());
  CHECK(ask(access, kAliceSays).status == 500);
  CHECK(mistakes.find("web.yaml") != std::string::npos);
  file.write(kAlice);
  CHECK(ask(access, nullptr).status == 401);
  CHECK(mistakes.empty());
}
