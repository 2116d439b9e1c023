// crowd: a scraper, and the clients that it must not suffer from.
//
//   crowd PORT PATH SECONDS SLOW FAST [SCRAPER-HEADER [FAST-HEADER]]
//
// Asks 127.0.0.1:PORT for PATH, for so many seconds:
//   - SLOW clients hold a connection each and do too little: send nothing, send half a request
//   line,
//     send headers or read a large answer by one byte a second, or are served once and then send
//     half a request. Whom the server cuts off is back a tenth of a second later.
//   - FAST clients ask again and again, half of them on a new connection each time.
//   - Two scrapers ask ten times a second, one on a new connection each time, the other on one that
//     it keeps; it opens another where the server has closed that, as every client does.
// A header is a whole line, such as "Authorization: Basic YTpi".
//
// Prints a line for each kind of client; milliseconds are from before the connection is opened
// until the answer is whole:
//   scraper new: 97 answers 200, 0 others, 0 failed, worst 12 ms
// Exit status 2 for a wrong command line, else 0: what is printed is for the caller to judge.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Options {
  std::uint16_t port = 0;
  std::string path;
  steady_clock::time_point end;
  std::size_t slow = 0;
  std::size_t fast = 0;
  std::string scraper_header;
  std::string fast_header;
};

class Socket final {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A small buffer makes a client that does not read noticed at once.
Socket connected(std::uint16_t port, bool small_buffer) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int small = 4096;
  if (small_buffer) ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), generic, sizeof address) != 0) return {};
  return socket;
}

bool send_all(const Socket& socket, std::string_view bytes) {
  const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(bytes.size());  // requests fit into the buffer of a socket
}

std::string request_for(std::string_view path, std::string_view header) {
  std::string text = "GET ";
  text.append(path).append(" HTTP/1.1\r\nHost: crowd\r\n");
  if (!header.empty()) text.append(header).append("\r\n");
  return text + "\r\n";
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const std::size_t at = head.find(kName);
  std::size_t length = 0;
  if (at == std::string_view::npos) return length;
  const std::string_view digits = head.substr(at + kName.size(), 20);
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return length;
}

// The status of a whole answer, or 0.
int read_answer(const Socket& socket) {
  std::string all;
  std::array<char, 65536> part;
  std::size_t whole = 0;
  while (whole == 0 || all.size() < whole) {
    const ssize_t size = ::recv(socket.get(), part.data(), part.size(), 0);
    if (size <= 0) return 0;
    all.append(part.data(), static_cast<std::size_t>(size));
    const std::size_t head = all.find("\r\n\r\n");
    if (whole == 0 && head != std::string::npos) whole = head + 4 + content_length(all);
  }
  int status = 0;
  if (all.size() > 12) std::from_chars(all.data() + 9, all.data() + 12, status);
  return status;
}

struct Counts {
  std::atomic<unsigned> good{0};
  std::atomic<unsigned> others{0};
  std::atomic<unsigned> failed{0};
  std::atomic<long> worst_ms{0};
};

// Asks again and again, on one connection or on a new one each time.
class Asker final {
 public:
  Asker(const Options& options, std::string request, bool keeps, Counts& counts)
      : options_(options), request_(std::move(request)), keeps_(keeps), counts_(counts) {}

  void run(milliseconds pause) {
    while (steady_clock::now() < options_.end) {
      const auto begun = steady_clock::now();
      count(ask());
      const auto taken = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
      long worst = counts_.worst_ms;
      while (worst < taken.count() &&
             !counts_.worst_ms.compare_exchange_weak(worst, taken.count())) {
      }
      std::this_thread::sleep_for(pause);
    }
  }

 private:
  int ask() {
    const bool is_old = socket_.is_open();
    if (!is_old) socket_ = connected(options_.port, false);
    int status = socket_.is_open() && send_all(socket_, request_) ? read_answer(socket_) : 0;
    if (!keeps_ || status == 0) socket_ = Socket();
    return is_old && status == 0 ? ask() : status;
  }

  void count(int status) {
    ++(status == 200 ? counts_.good : status == 0 ? counts_.failed : counts_.others);
  }

  const Options& options_;
  const std::string request_;
  const bool keeps_;
  Counts& counts_;
  Socket socket_;
};

class SlowClient final {
 public:
  SlowClient(const Options& options, std::size_t number)
      : options_(options), kind_(static_cast<Kind>(number % kKinds)) {}

  // Called every few milliseconds.
  void act(steady_clock::time_point now) {
    if (!socket_.is_open()) {
      if (now >= next_) open(now);
      return;
    }
    if (has_ended()) {
      ++ended_;
      socket_ = Socket();
      next_ = now + milliseconds(100);
    } else if (now >= next_) {
      next_ = now + std::chrono::seconds(1);
      if (kind_ == kByteOfHeaders) send_all(socket_, "x");
      if (kind_ == kReadsNothing) read_byte();
    }
  }
  [[nodiscard]] unsigned opened() const { return opened_; }
  [[nodiscard]] unsigned ended() const { return ended_; }

 private:
  enum Kind { kNothing, kHalfLine, kByteOfHeaders, kReadsNothing, kServedOnce };
  static constexpr std::size_t kKinds = 5;

  void open(steady_clock::time_point now) {
    socket_ = connected(options_.port, kind_ == kReadsNothing);
    next_ = now + std::chrono::seconds(1);
    if (!socket_.is_open()) return;
    ++opened_;
    const std::string whole = request_for(options_.path, options_.fast_header);
    if (kind_ == kHalfLine) send_all(socket_, "GET /met");
    if (kind_ == kByteOfHeaders) send_all(socket_, "GET / HTTP/1.1\r\nX: ");
    if (kind_ == kReadsNothing) send_all(socket_, whole);
    if (kind_ == kServedOnce) send_all(socket_, request_for("/-/healthy", "") + "GET /met");
  }

  void read_byte() {
    char byte = 0;
    (void)::recv(socket_.get(), &byte, 1, MSG_DONTWAIT);
  }

  // What comes is thrown away, but by those that do not read.
  bool has_ended() {
    pollfd asked{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&asked, 1, 0) <= 0) return false;
    if ((asked.revents & (POLLERR | POLLHUP)) != 0) return true;
    if (kind_ == kReadsNothing) return false;
    std::array<char, 65536> part;
    const ssize_t size = ::recv(socket_.get(), part.data(), part.size(), MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN);
  }

  const Options& options_;
  const Kind kind_;
  Socket socket_;
  steady_clock::time_point next_;
  unsigned opened_ = 0;
  unsigned ended_ = 0;
};

void be_slow(const Options& options) {
  std::vector<SlowClient> clients;
  for (std::size_t i = 0; i < options.slow; ++i) clients.emplace_back(options, i);
  while (steady_clock::now() < options.end) {
    for (SlowClient& client : clients) client.act(steady_clock::now());
    std::this_thread::sleep_for(milliseconds(5));
  }
  unsigned opened = 0;
  unsigned ended = 0;
  for (const SlowClient& client : clients) {
    opened += client.opened();
    ended += client.ended();
  }
  std::printf("slow: %u connections, %u ended by the server\n", opened, ended);
}

void print(const char* name, const Counts& counts) {
  std::printf("%s: %u answers 200, %u others, %u failed, worst %ld ms\n", name, counts.good.load(),
              counts.others.load(), counts.failed.load(), counts.worst_ms.load());
}

void run(const Options& options) {
  Counts scraper_new;
  Counts scraper_kept;
  Counts fast;
  std::vector<std::thread> threads;
  threads.emplace_back([&] { be_slow(options); });
  const auto start = [&](const std::string& header, bool keeps, Counts& counts, int pause_ms) {
    threads.emplace_back([&options, header, keeps, &counts, pause_ms] {
      Asker(options, request_for(options.path, header), keeps, counts).run(milliseconds(pause_ms));
    });
  };
  for (std::size_t i = 0; i < options.fast; ++i) start(options.fast_header, i % 2 == 1, fast, 20);
  start(options.scraper_header, false, scraper_new, 100);
  start(options.scraper_header, true, scraper_kept, 100);
  for (std::thread& thread : threads) thread.join();
  print("fast", fast);
  print("scraper new", scraper_new);
  print("scraper kept", scraper_kept);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6 || argc > 8) {
    std::fputs("usage: crowd PORT PATH SECONDS SLOW FAST [SCRAPER-HEADER [FAST-HEADER]]\n", stderr);
    return 2;
  }
  Options options;
  options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  options.path = argv[2];
  options.end = steady_clock::now() + std::chrono::seconds(std::atoi(argv[3]));
  options.slow = static_cast<std::size_t>(std::atoi(argv[4]));
  options.fast = static_cast<std::size_t>(std::atoi(argv[5]));
  if (argc > 6) options.scraper_header = argv[6];
  if (argc > 7) options.fast_header = argv[7];
  run(options);
  return 0;
}
