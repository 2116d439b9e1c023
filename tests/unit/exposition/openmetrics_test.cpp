#include "exposition/openmetrics.hpp"

#include <zlib.h>

#include <array>
#include <catch2/catch.hpp>

#include "exposition/gzip.hpp"
#include "exposition/text_writer.hpp"

using namespace kcommons::exposition;

namespace {

// Of one gzip member after the other.
std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, MAX_WBITS + 16) == Z_OK);
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  while (stream.avail_in > 0) {
    std::array<char, 4096> block{};
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    const int status = inflate(&stream, Z_NO_FLUSH);
    const bool is_good = status == Z_OK || status == Z_STREAM_END;
    REQUIRE(is_good);
    out.append(block.data(), block.size() - stream.avail_out);
    if (status == Z_STREAM_END) inflateReset(&stream);
  }
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("each family has its type, unit and help, and its samples as they were", "[exposition]") {
  std::string text;
  TextWriter writer(text);
  writer.family("kc_passes_total", MetricType::kCounter, "Says \"pass\\es\".");
  writer.sample("{kind=\"a \\\" b\"}", 3);
  writer.family("kc_cpu_seconds_total", MetricType::kCounter, "Time.");
  writer.sample("", 0.25);
  writer.family("kc_build_info", MetricType::kGauge, "What.");
  writer.sample("{version=\"1\"}", 1);
  writer.family("kc_used", MetricType::kGauge, "Used.");
  writer.sample("", 2);
  writer.family("kc_memory_bytes", MetricType::kGauge, "Memory.");
  writer.sample("", 3);
  CHECK(to_openmetrics(text) ==
        "# TYPE kc_passes counter\n"
        "# HELP kc_passes Says \\\"pass\\\\es\\\".\n"
        "kc_passes_total{kind=\"a \\\" b\"} 3\n"
        "# TYPE kc_cpu_seconds counter\n"
        "# UNIT kc_cpu_seconds seconds\n"
        "# HELP kc_cpu_seconds Time.\n"
        "kc_cpu_seconds_total 0.25\n"
        "# TYPE kc_build info\n"
        "# HELP kc_build What.\n"
        "kc_build_info{version=\"1\"} 1\n"
        "# TYPE kc_used gauge\n"
        "# HELP kc_used Used.\n"
        "kc_used 2\n"
        "# TYPE kc_memory_bytes gauge\n"
        "# UNIT kc_memory_bytes bytes\n"
        "# HELP kc_memory_bytes Memory.\n"
        "kc_memory_bytes 3\n");
  CHECK(to_openmetrics("").empty());
}

TEST_CASE("what is compressed is what it was", "[exposition]") {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string(300000, 'a'), std::string("\0\xff\n", 3)}) {
    CHECK(gunzip(gzip(text)) == text);
  }
  CHECK(gunzip(gzip("one\n") + gzip("") + gzip("two\n")) == "one\ntwo\n");
}
