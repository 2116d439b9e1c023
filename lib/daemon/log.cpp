#include "daemon/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <functional>
#include <utility>

#include "base/text.hpp"

namespace kcommons::daemon {

namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      break;
  }
  return "error";
}

std::string timestamp(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(WallTime::clock::to_time_t(seconds)), millis.count());
}

// Quoted in a way that JSON reads too: printable() leaves no control character, so only the
// quote and the backslash are left to escape.
std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : text::printable(value)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
  return out;
}

std::string logfmt_value(std::string_view value) {
  const auto plain = [](unsigned char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
  };
  const bool bare = !value.empty() && std::ranges::all_of(value, plain);
  return bare ? std::string(value) : quoted(value);
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

// Waits a little for whoever reads to take what is there, and not again until it has.
class PatientSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // `say_lost`: the line that says that so many were left out.
  PatientSink(int fd, std::function<std::string(std::uint64_t)> say_lost)
      : fd_(fd), say_lost_(std::move(say_lost)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (lost_ > 0) {
      if (!write_all((is_cut_ ? "\n" : "") + say_lost_(lost_) + "\n")) {
        ++lost_;
        return;
      }
      lost_ = 0;
      is_cut_ = false;
    }
    if (!write_all({line.data(), line.size()})) ++lost_;
  }
  void flush_() override {}

 private:
  // A pipe that can be written to takes PIPE_BUF bytes without waiting (pipe(7)).
  bool write_all(std::string_view bytes) {
    constexpr int kPatience = 100;  // milliseconds
    bool has_begun = false;
    while (!bytes.empty()) {
      pollfd to{.fd = fd_, .events = POLLOUT, .revents = 0};
      const int ready = ::poll(&to, 1, lost_ > 0 ? 0 : kPatience);
      if (ready < 0 && errno == EINTR) continue;
      const ssize_t taken =
          ready > 0 ? ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF)) : 0;
      if (taken < 0 && errno == EINTR) continue;
      if (taken <= 0) {
        is_cut_ = is_cut_ || has_begun;
        return false;
      }
      has_begun = true;
      bytes.remove_prefix(static_cast<std::size_t>(taken));
    }
    return true;
  }

  const int fd_;
  const std::function<std::string(std::uint64_t)> say_lost_;
  std::uint64_t lost_ = 0;
  bool is_cut_ = false;  // the last line that was begun has no end
};

}  // namespace

std::string format_event(LogFormat format, WallTime time, LogLevel level, std::string_view message,
                         LogFields fields) {
  if (format == LogFormat::kJson) {
    std::string line = fmt::format(R"({{"ts":"{}","level":"{}","msg":{})", timestamp(time),
                                   name_of(level), quoted(message));
    for (const LogField& field : fields) {
      line += fmt::format(",{}:{}", quoted(field.key), quoted(field.value));
    }
    return line + "}";
  }
  std::string line =
      fmt::format("ts={} level={} msg={}", timestamp(time), name_of(level), quoted(message));
  for (const LogField& field : fields) {
    line += fmt::format(" {}={}", field.key, logfmt_value(field.value));
  }
  return line;
}

Log::Log(std::shared_ptr<spdlog::logger> logger, LogLevel least, LogFormat format,
         const Clock& clock)
    : logger_(std::move(logger)), least_(least), format_(format), clock_(clock) {}

Log Log::to_stderr(LogLevel least, LogFormat format, const Clock& clock) {
  return to_descriptor(STDERR_FILENO, least, format, clock);
}

Log Log::to_descriptor(int fd, LogLevel least, LogFormat format, const Clock& clock) {
  auto say_lost = [format, &clock](std::uint64_t lost) {
    return format_event(format, clock.wall(), LogLevel::kWarn,
                        "nobody took the log, lines are left out",
                        {{"lines", std::to_string(lost)}});
  };
  auto logger = std::make_shared<spdlog::logger>(
      "kcommons", std::make_shared<PatientSink>(fd, std::move(say_lost)));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return {std::move(logger), least, format, clock};
}

void Log::write(LogLevel level, std::string_view message, LogFields fields) {
  if (level < least_) return;
  logger_->log(spdlog_level(level),
               spdlog::string_view_t(format_event(format_, clock_.wall(), level, message, fields)));
}

void Log::debug(std::string_view message, LogFields fields) {
  write(LogLevel::kDebug, message, fields);
}
void Log::info(std::string_view message, LogFields fields) {
  write(LogLevel::kInfo, message, fields);
}
void Log::warn(std::string_view message, LogFields fields) {
  write(LogLevel::kWarn, message, fields);
}
void Log::error(std::string_view message, LogFields fields) {
  write(LogLevel::kError, message, fields);
}

void TroubleLog::report(std::string_view topic, std::string_view detail) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = troubled_.find(topic);
    const bool was = at != troubled_.end() && at->second;
    const bool is = !detail.empty();
    if (was == is) return;
    troubled_.insert_or_assign(std::string(topic), is);
  }
  if (detail.empty()) {
    log_.info(fmt::format("{}: no longer", topic));
  } else {
    log_.warn(topic, {{"detail", std::string(detail)}});
  }
}

void TroubleLog::note(std::string_view topic, std::string_view detail) {
  constexpr std::chrono::minutes kBetween{1};
  std::uint64_t unsaid = 0;
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = log_.clock().steady();
    const auto [at, is_first] = noted_.try_emplace(std::string(topic));
    Noted& noted = at->second;
    if (!is_first && now - noted.said < kBetween) {
      ++noted.unsaid;
      return;
    }
    noted.said = now;
    unsaid = std::exchange(noted.unsaid, 0);
  }
  log_.warn(topic, {{"detail", std::string(detail)}, {"unsaid", std::to_string(unsaid)}});
}

}  // namespace kcommons::daemon
