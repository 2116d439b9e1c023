#include "subtraction/conntrack_entry.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/unique_fd.hpp"

namespace kcommons::subtraction {

namespace {

template <typename T>
std::string bytes_of(const T& value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// Header, payload, and up to a multiple of four (netlink(7)).
std::string attribute(int type, const std::string& payload) {
  nlattr header{};
  header.nla_len = static_cast<std::uint16_t>(sizeof header + payload.size());
  header.nla_type = static_cast<std::uint16_t>(type);
  std::string out = bytes_of(header) + payload;
  constexpr std::size_t kAlign = NLA_ALIGNTO;
  out.resize((out.size() + kAlign - 1) / kAlign * kAlign, '\0');
  return out;
}

std::string nest(int type, const std::string& attributes) {
  return attribute(type | NLA_F_NESTED, attributes);
}

struct End {
  std::uint32_t address;
  std::uint16_t port;
};

std::string tuple(int type, const End& from, const End& to) {
  const std::string addresses = attribute(CTA_IP_V4_SRC, bytes_of(htonl(from.address))) +
                                attribute(CTA_IP_V4_DST, bytes_of(htonl(to.address)));
  const std::string protocol =
      attribute(CTA_PROTO_NUM, bytes_of(static_cast<std::uint8_t>(IPPROTO_UDP))) +
      attribute(CTA_PROTO_SRC_PORT, bytes_of(htons(from.port))) +
      attribute(CTA_PROTO_DST_PORT, bytes_of(htons(to.port)));
  return nest(type, nest(CTA_TUPLE_IP, addresses) + nest(CTA_TUPLE_PROTO, protocol));
}

std::string request() {
  constexpr End kOne{0xC0000201, 1};  // 192.0.2.1, RFC 5737
  constexpr End kOther{0xC0000202, 2};
  constexpr std::uint32_t kSeconds = 60;
  nfgenmsg family{};
  family.nfgen_family = AF_INET;
  family.version = NFNETLINK_V0;
  const std::string body = bytes_of(family) + tuple(CTA_TUPLE_ORIG, kOne, kOther) +
                           tuple(CTA_TUPLE_REPLY, kOther, kOne) +
                           attribute(CTA_TIMEOUT, bytes_of(htonl(kSeconds)));
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
  header.nlmsg_type = static_cast<std::uint16_t>((NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW);
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
  return bytes_of(header) + body;
}

}  // namespace

int add_conntrack_entry() {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!socket.is_open()) return errno;
  const std::string message = request();
  if (::send(socket.get(), message.data(), message.size(), 0) < 0) return errno;
  // The answer is there when send returns: the kernel works it off in the sender's call.
  std::array<char, 1024> answer{};
  const ssize_t got = ::recv(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  if (got < 0) return errno;
  struct {
    nlmsghdr header;
    nlmsgerr body;
  } reply{};
  if (static_cast<std::size_t>(got) < sizeof(nlmsghdr) + sizeof(int)) return EBADMSG;
  std::memcpy(&reply, answer.data(), std::min(sizeof reply, static_cast<std::size_t>(got)));
  return reply.header.nlmsg_type == NLMSG_ERROR ? -reply.body.error : EBADMSG;
}

}  // namespace kcommons::subtraction
