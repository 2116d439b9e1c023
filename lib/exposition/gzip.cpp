#include "exposition/gzip.hpp"

#include <zlib.h>

#include <limits>
#include <new>

namespace kcommons::exposition {

std::string gzip(std::string_view text) {
  constexpr int kGzipNotZlib = 16;  // added to the size of the window (zlib.h, deflateInit2)
  constexpr int kMemoryLevel = 8;   // zlib's default
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kGzipNotZlib, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(::deflateBound(&stream, text.size()), '\0');
  // zlib only reads it, and says so in no version of its header that is about.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  std::size_t left = text.size();
  std::size_t room = out.size();
  int status = Z_OK;
  while (status == Z_OK) {
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const auto in = static_cast<uInt>(std::min(left, kMost));
    const auto space = static_cast<uInt>(std::min(room, kMost));
    stream.avail_in = in;
    stream.avail_out = space;
    status = ::deflate(&stream, left > kMost ? Z_NO_FLUSH : Z_FINISH);
    left -= in - stream.avail_in;
    room -= space - stream.avail_out;
  }
  ::deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::bad_alloc();
  out.resize(out.size() - room);
  return out;
}

}  // namespace kcommons::exposition
