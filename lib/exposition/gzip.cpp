#include "exposition/gzip.hpp"

#include <zlib.h>

#include <array>
#include <limits>
#include <new>

namespace kcommons::exposition {

std::string gzip(std::string_view text) {
  constexpr int kGzipNotZlib = 16;  // added to the size of the window (zlib.h, deflateInit2)
  constexpr int kMemoryLevel = 8;   // zlib's default
  constexpr std::size_t kBlock = 16384;
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kGzipNotZlib, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out;
  std::array<char, kBlock> block;
  int status = Z_OK;
  while (status == Z_OK) {
    if (stream.avail_in == 0) {
      const std::string_view next = text.substr(0, kMost);
      // zlib only reads it, and says so in no version of its header that is about.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(next.data()));
      stream.avail_in = static_cast<uInt>(next.size());
      text.remove_prefix(next.size());
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = kBlock;
    status = ::deflate(&stream, text.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.append(block.data(), kBlock - stream.avail_out);
  }
  ::deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::bad_alloc();
  return out;
}

}  // namespace kcommons::exposition
