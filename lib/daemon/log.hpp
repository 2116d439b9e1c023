// The daemon's log: one line an event, in logfmt or JSON, to standard error through spdlog. Where
// nobody takes the lines, they are left out and counted, so that nothing waits for long.
//
// Thread-safe. Names and messages may come from containers: every value is escaped, so that one
// event is always one line.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace spdlog {
class logger;
}

namespace kcommons::daemon {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kLogfmt, kJson };

struct LogField {
  std::string_view key;
  std::string value;
};
using LogFields = std::initializer_list<LogField>;

// The text of one event without the line's end. Pure.
std::string format_event(LogFormat format, WallTime time, LogLevel level, std::string_view message,
                         LogFields fields);

class Log final {
 public:
  // `logger` gets whole lines; its own pattern must be "%v".
  Log(std::shared_ptr<spdlog::logger> logger, LogLevel least, LogFormat format, const Clock& clock);
  static Log to_stderr(LogLevel least, LogFormat format, const Clock& clock);
  // `fd` stays the caller's.
  static Log to_descriptor(int fd, LogLevel least, LogFormat format, const Clock& clock);

  // The least important that is written from now on.
  void set_least(LogLevel least) { least_ = least; }

  void debug(std::string_view message, LogFields fields = {});
  void info(std::string_view message, LogFields fields = {});
  void warn(std::string_view message, LogFields fields = {});
  void error(std::string_view message, LogFields fields = {});

  [[nodiscard]] const Clock& clock() const { return clock_; }

 private:
  void write(LogLevel level, std::string_view message, LogFields fields);

  std::shared_ptr<spdlog::logger> logger_;
  std::atomic<LogLevel> least_;
  LogFormat format_;
  const Clock& clock_;
};

// Says a lasting trouble once when it begins and once when it ends, however often it is reported;
// and of events, of which there may be many, one a minute. Thread-safe.
class TroubleLog final {
 public:
  explicit TroubleLog(Log& log) : log_(log) {}

  // `detail` is what is known now; empty when all is well.
  void report(std::string_view topic, std::string_view detail);

  // Something that happened, and will not be taken back.
  void note(std::string_view topic, std::string_view detail);

 private:
  struct Noted {
    SteadyTime said;
    std::uint64_t unsaid = 0;
  };
  Log& log_;
  std::mutex mutex_;
  std::map<std::string, bool, std::less<>> troubled_;
  std::map<std::string, Noted, std::less<>> noted_;
};

}  // namespace kcommons::daemon
