// flood DEVICE PACKETS: sends so many broadcasts (UDP over IPv4, port 9) out of a device, as fast
// as it takes them, from a bound packet socket, so that nothing leaves by another way. Prints how
// many were taken.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

constexpr std::size_t kPayload = 64;
constexpr std::size_t kSize = sizeof(ether_header) + sizeof(iphdr) + sizeof(udphdr) + kPayload;
using Packet = std::array<unsigned char, kSize>;

std::uint16_t checksum(const iphdr& header) {
  std::array<std::uint16_t, sizeof(iphdr) / 2> words{};
  std::memcpy(words.data(), &header, sizeof header);
  std::uint32_t sum = 0;
  for (const std::uint16_t word : words) sum += word;
  while ((sum >> 16U) != 0) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

Packet broadcast() {
  ether_header ethernet{};
  std::memset(ethernet.ether_dhost, 0xFF, sizeof ethernet.ether_dhost);
  ethernet.ether_shost[0] = 0x02;  // locally administered
  ethernet.ether_type = htons(ETHERTYPE_IP);
  iphdr ip{};
  ip.version = 4;
  ip.ihl = sizeof ip / 4;
  ip.tot_len = htons(kSize - sizeof ethernet);
  ip.ttl = 1;
  ip.protocol = IPPROTO_UDP;
  ip.saddr = htonl(INADDR_ANY);
  ip.daddr = htonl(INADDR_BROADCAST);
  ip.check = checksum(ip);
  udphdr udp{};
  udp.dest = htons(9);  // discard
  udp.len = htons(sizeof udp + kPayload);

  Packet packet{};
  unsigned char* at = packet.data();
  std::memcpy(at, &ethernet, sizeof ethernet);
  std::memcpy(at += sizeof ethernet, &ip, sizeof ip);
  std::memcpy(at + sizeof ip, &udp, sizeof udp);
  return packet;
}

int complain(const char* what) {
  std::fprintf(stderr, "flood: %s: %s\n", what, std::strerror(errno));
  return 1;
}

int flood(unsigned int device, long packets) {
  const int socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket < 0) return complain("socket");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(device);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return complain("bind");
  }
  const Packet packet = broadcast();
  long taken = 0;
  for (long i = 0; i < packets; ++i) {
    if (::send(socket, packet.data(), packet.size(), 0) > 0) {
      ++taken;
    } else if (errno != ENOBUFS) {
      return complain("send");
    }
  }
  std::printf("%ld\n", taken);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  long packets = 0;
  const unsigned int device = argc == 3 ? ::if_nametoindex(argv[1]) : 0;
  const std::string_view count = argc == 3 ? argv[2] : "";
  const auto parsed = std::from_chars(count.data(), count.data() + count.size(), packets);
  if (device == 0 || parsed.ptr != count.data() + count.size() || packets <= 0) {
    std::fputs("usage: flood DEVICE PACKETS\n", stderr);
    return 2;
  }
  return flood(device, packets);
}
