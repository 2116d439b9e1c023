#include "daemon/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <chrono>

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
  auto logger = std::make_shared<spdlog::logger>("kcommons",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
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

}  // namespace kcommons::daemon
