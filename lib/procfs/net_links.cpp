#include "procfs/net_links.hpp"

#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

namespace kcommons::procfs {

namespace {

using Bytes = std::span<const std::byte>;

// The kernel fills at most 32 KiB of a datagram of a dump (netlink_dump of
// net/netlink/af_netlink.c).
constexpr std::size_t kDatagram = 32768;
// Headers and attributes stand at multiples of 4 bytes.
constexpr std::size_t kAlignment = 4;

constexpr std::size_t padded(std::size_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

// The front of `bytes`; empty where they are too few.
template <typename T>
std::optional<T> front_of(Bytes bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  if (bytes.size() < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

Error malformed(std::string what) {
  return Error::malformed(std::move(what), "");
}

// Calls take(type, value) with each attribute; false where they do not fit into `rest`.
template <typename Take>
bool for_each_attribute(Bytes rest, Take take) {
  while (!rest.empty()) {
    const auto header = front_of<rtattr>(rest);
    if (!header || header->rta_len < sizeof(rtattr) || header->rta_len > rest.size()) return false;
    // The two upper bits are flags (NLA_TYPE_MASK).
    take(header->rta_type & NLA_TYPE_MASK,
         rest.subspan(sizeof(rtattr), header->rta_len - sizeof(rtattr)));
    rest = rest.subspan(std::min(padded(header->rta_len), rest.size()));
  }
  return true;
}

std::string text_of(Bytes value) {
  std::string text(value.size(), '\0');
  std::ranges::transform(value, text.begin(),
                         [](std::byte byte) { return static_cast<char>(byte); });
  return text.substr(0, text.find('\0'));
}

// struct rtnl_link_stats64 has grown over time; what is read here was in the first form.
std::optional<std::uint64_t> dropped_of(Bytes value) {
  constexpr std::size_t kDropped = offsetof(rtnl_link_stats64, rx_dropped);
  constexpr std::size_t kMissed = offsetof(rtnl_link_stats64, rx_missed_errors);
  if (value.size() < kMissed) return std::nullopt;
  const auto dropped = front_of<std::uint64_t>(value.subspan(kDropped));
  const auto missed = front_of<std::uint64_t>(value.subspan(kMissed));
  if (!dropped || !missed) return std::nullopt;
  return *dropped + *missed;
}

// Numbers below 0 are none (NETNSA_NSID_NOT_ASSIGNED). False where there is no whole one.
bool take_number(Bytes value, std::optional<NetNsId>& id) {
  const auto number = front_of<std::int32_t>(value);
  if (!number) return false;
  id.reset();
  if (*number >= 0) id = NetNsId(*number);
  return true;
}

struct Message {
  nlmsghdr header;
  Bytes body;
};

// Takes the next message off the front of a datagram; empty where there is none that is whole.
std::optional<Message> take_message(Bytes& rest) {
  const auto header = front_of<nlmsghdr>(rest);
  if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest.size()) {
    return std::nullopt;
  }
  const Message message{
      .header = *header,
      .body = rest.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr))};
  rest = rest.subspan(std::min<std::size_t>(padded(header->nlmsg_len), rest.size()));
  return message;
}

// The kernel gives errors as negative numbers, down to MAX_ERRNO (include/linux/err.h).
int errno_of(std::int32_t code) {
  constexpr std::int32_t kMaxErrno = 4095;
  return code < 0 && code >= -kMaxErrno ? -code : EBADMSG;
}

}  // namespace

Result<NetLink> parse_link(Bytes message) {
  const auto header = front_of<ifinfomsg>(message);
  if (!header) return fail(malformed("parse link"));
  NetLink link;
  link.index = header->ifi_index;
  std::optional<std::uint64_t> dropped;
  bool sound = true;
  const bool whole =
      for_each_attribute(message.subspan(padded(sizeof *header)), [&](int type, Bytes value) {
        if (type == IFLA_IFNAME) link.name = text_of(value);
        if (type == IFLA_STATS64) dropped = dropped_of(value);
        if (type == IFLA_LINK_NETNSID) sound = sound && take_number(value, link.peer);
      });
  if (!whole || !sound || link.index <= 0 || link.name.empty() || !dropped) {
    return fail(Error::malformed("parse link", link.name));
  }
  link.dropped = *dropped;
  return link;
}

Result<std::optional<NetNsId>> parse_nsid(Bytes message) {
  if (message.size() < padded(sizeof(rtgenmsg))) return fail(malformed("parse nsid"));
  std::optional<NetNsId> number;
  bool sound = true;
  const bool whole =
      for_each_attribute(message.subspan(padded(sizeof(rtgenmsg))), [&](int type, Bytes value) {
        if (type == NETNSA_NSID) sound = sound && take_number(value, number);
      });
  if (!whole || !sound) return fail(malformed("parse nsid"));
  return number;
}

Result<void> parse_end_of_list(Bytes message) {
  const auto code = front_of<std::int32_t>(message);
  if (!code) return fail(malformed("parse the end of a list"));
  if (*code < 0) return fail(Error::from_errno(errno_of(*code), "list the links"));
  return {};
}

NetLinks::NetLinks(UniqueFd socket) : socket_(std::move(socket)), buffer_(kDatagram) {}

Result<NetLinks> NetLinks::open() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.is_open()) return fail(Error::from_errno(errno, "open a socket of rtnetlink"));
  return NetLinks(std::move(socket));
}

Result<void> NetLinks::request(std::uint16_t type, std::uint16_t flags, Bytes body) {
  drop_the_rest();
  const std::size_t size = sizeof(nlmsghdr) + body.size();
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(size);
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  header.nlmsg_seq = ++sequence_;
  std::vector<std::byte> message(size);
  std::memcpy(message.data(), &header, sizeof header);
  std::ranges::copy(body, message.begin() + sizeof header);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const ssize_t sent = ::sendto(socket_.get(), message.data(), message.size(), MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent < 0) return fail(Error::from_errno(errno, "ask rtnetlink"));
  is_answered_ = false;
  return {};
}

// Of an answer that could not be read to its end: until it is, the kernel makes no other list.
void NetLinks::drop_the_rest() {
  while (!is_answered_) is_answered_ = !read_datagram();
}

Result<Bytes> NetLinks::read_datagram() {
  const ssize_t length =
      ::recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (length < 0) return fail(Error::from_errno(errno, "read rtnetlink"));
  if (static_cast<std::size_t>(length) > buffer_.size()) {
    return fail(malformed("read rtnetlink: a longer message than there is"));
  }
  return Bytes(buffer_).first(static_cast<std::size_t>(length));
}

// An answer is read to its end even when it is worth nothing any more: the kernel takes no other
// request for a list before.
template <typename Take>
Result<void> NetLinks::receive(Take take) {
  Result<void> outcome;
  while (true) {
    const auto datagram = read_datagram();
    if (!datagram) return fail(datagram.error());
    Bytes rest = *datagram;
    while (!rest.empty()) {
      const auto message = take_message(rest);
      if (!message) return fail(malformed("read rtnetlink"));
      const auto& [header, body] = *message;
      // What is left of an answer that was given up.
      if (header.nlmsg_seq != sequence_) continue;
      if (header.nlmsg_type == NLMSG_ERROR) {
        const auto error = front_of<nlmsgerr>(body);
        is_answered_ = true;
        return fail(Error::from_errno(error ? errno_of(error->error) : EBADMSG, "ask rtnetlink"));
      }
      // Devices came or went meanwhile: some may be missing.
      if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
        outcome = fail(Error::from_errno(EINTR, "list the links"));
      }
      const bool is_list = (header.nlmsg_flags & NLM_F_MULTI) != 0;
      is_answered_ = !is_list || header.nlmsg_type == NLMSG_DONE;
      if (header.nlmsg_type == NLMSG_DONE) return outcome ? parse_end_of_list(body) : outcome;
      if (outcome) outcome = take(body);
      if (is_answered_) return outcome;
    }
  }
}

Result<std::vector<NetLink>> NetLinks::list() {
  constexpr int kAttempts = 3;
  Result<void> done;
  for (int i = 0; i < kAttempts; ++i) {
    std::vector<NetLink> links;
    std::array<std::byte, padded(sizeof(ifinfomsg))> all{};
    if (auto asked = request(RTM_GETLINK, NLM_F_DUMP, all); !asked) return fail(asked.error());
    done = receive([&](Bytes message) -> Result<void> {
      auto link = parse_link(message);
      if (!link) return fail(link.error());
      links.push_back(std::move(*link));
      return {};
    });
    if (done) return links;
    if (done.error().code() != std::errc::interrupted) break;
  }
  return fail(done.error());
}

Result<std::optional<NetNsId>> NetLinks::number_of(Pid pid) {
  struct Request {
    rtgenmsg header;
    std::array<std::byte, padded(sizeof(rtgenmsg)) - sizeof(rtgenmsg)> padding;
    rtattr attribute;
    std::int32_t pid;
  };
  static_assert(sizeof(Request) == padded(sizeof(rtgenmsg)) + sizeof(rtattr) + sizeof(pid));
  Request asked{};
  asked.attribute = {.rta_len = sizeof(rtattr) + sizeof asked.pid, .rta_type = NETNSA_PID};
  asked.pid = pid.value();
  if (auto sent = request(RTM_GETNSID, 0, std::as_bytes(std::span(&asked, 1))); !sent) {
    return fail(sent.error());
  }
  std::optional<NetNsId> number;
  const auto done = receive([&](Bytes message) -> Result<void> {
    const auto parsed = parse_nsid(message);
    if (!parsed) return fail(parsed.error());
    number = *parsed;
    return {};
  });
  if (!done) return fail(done.error());
  return number;
}

}  // namespace kcommons::procfs
