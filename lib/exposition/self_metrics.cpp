#include "exposition/self_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "exposition/metric_table.hpp"

namespace kcommons::exposition {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using CounterFamily = prometheus::Family<prometheus::Counter>;
using GaugeFamily = prometheus::Family<prometheus::Gauge>;

// The one family that is not kept in the registry.
constexpr std::string_view kReaderSeconds = "kcommons_reader_cpu_seconds_total";

// Labels of the library are sorted by name; the table has an order of its own.
std::string_view label_value(const ClientMetric& metric, std::string_view name) {
  for (const ClientMetric::Label& label : metric.label) {
    if (label.name == name) return label.value;
  }
  return {};
}

double seconds_since_epoch(WallTime at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

void write_family(TextWriter& writer, const Metric& row, const MetricFamily& family) {
  SampleSink sink(row.labels, row.merge);
  std::vector<std::string_view> values(row.labels.size());
  for (const ClientMetric& metric : family.metric) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = label_value(metric, row.labels[i]);
    }
    sink.add(values, row.type == MetricType::kCounter ? metric.counter.value : metric.gauge.value);
  }
  writer.family(row.name, row.type, row.help);
  sink.write_to(writer);
}

}  // namespace

std::string_view name_of(Pass pass) {
  return pass == Pass::kPools ? "pools" : "holdings";
}

class SelfMetrics::Impl final {
 public:
  Impl();

  void pass_done(Pass pass, bool success, double wall, double cpu, WallTime at);
  void count_costs(Pass pass, const census::ReaderCosts& costs);
  void count_failures(Pass pass, const std::array<std::uint64_t, census::kErrorKindCount>& by_kind);
  void set_identity_wait(double seconds);
  void set_reserve(std::string_view purpose, std::size_t left);
  void set_identity_failures(std::string_view source, std::uint64_t failures);
  void count_incident(std::string_view resource);
  void set_open_incidents(std::size_t count);
  void config_read(bool success, WallTime at);
  // The one series of an info metric.
  void set_info(std::size_t row, const std::vector<std::string_view>& values);
  void set_process(const ProcessStats& stats);
  [[nodiscard]] std::string render() const;

 private:
  void write_costs(const Metric& row, TextWriter& writer) const;
  // The labels of one series: the values in the order of the row.
  static prometheus::Labels labels_of(std::size_t row, const std::vector<std::string_view>& values);
  prometheus::Counter& counter(std::size_t row, const std::vector<std::string_view>& values);
  prometheus::Gauge& gauge(std::size_t row, const std::vector<std::string_view>& values);
  void set_or_remove(std::size_t row, std::optional<double> value);

  // Guards what takes several steps; each single step is safe in the library already.
  mutable std::mutex mutex_;
  prometheus::Registry registry_;
  // By row of the table: the family, where the row is of this kind. The registry owns them.
  std::array<CounterFamily*, kMetrics.size()> counters_{};
  std::array<GaugeFamily*, kMetrics.size()> gauges_{};
  // The one series of families that have at most one: info metrics and the process.
  std::array<prometheus::Gauge*, kMetrics.size()> only_{};
  double cpu_seconds_ = 0;
  // By pass and reader: the labels as they are written, and the counter. Some forty of them change
  // every second: finding each in the registry by its labels would cost more than what they count.
  struct ReaderSeconds {
    std::string labels;
    double seconds = 0;
  };
  std::array<std::map<std::string, ReaderSeconds>, kPassCount> readers_;
};

SelfMetrics::Impl::Impl() {
  for (std::size_t i = 0; i < kMetrics.size(); ++i) {
    const Metric& row = kMetrics[i];
    if (row.block != Block::kSelf || row.name == kReaderSeconds) continue;
    const std::string name(row.name);
    const std::string help(row.help);
    if (row.type == MetricType::kCounter) {
      counters_[i] = &prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
    } else {
      gauges_[i] = &prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
    }
  }
  for (const Pass pass : {Pass::kPools, Pass::kHoldings}) {
    counter(row_of("kcommons_census_total"), {name_of(pass)});
    counter(row_of("kcommons_census_cpu_seconds_total"), {name_of(pass)});
    count_failures(pass, {});
  }
  for (const catalogue::Resource& resource : catalogue::kResources) {
    counter(row_of("kcommons_incidents_total"), {resource.name});
  }
}

prometheus::Labels SelfMetrics::Impl::labels_of(std::size_t row,
                                                const std::vector<std::string_view>& values) {
  prometheus::Labels labels;
  for (std::size_t i = 0; i < values.size(); ++i) {
    labels.emplace(kMetrics[row].labels[i], values[i]);
  }
  return labels;
}

prometheus::Counter& SelfMetrics::Impl::counter(std::size_t row,
                                                const std::vector<std::string_view>& values) {
  return counters_[row]->Add(labels_of(row, values));
}

prometheus::Gauge& SelfMetrics::Impl::gauge(std::size_t row,
                                            const std::vector<std::string_view>& values) {
  return gauges_[row]->Add(labels_of(row, values));
}

void SelfMetrics::Impl::pass_done(Pass pass, bool success, double wall, double cpu, WallTime at) {
  const std::lock_guard lock(mutex_);
  const std::vector<std::string_view> kind{name_of(pass)};
  counter(row_of("kcommons_census_total"), kind).Increment();
  gauge(row_of("kcommons_census_success"), kind).Set(success ? 1 : 0);
  gauge(row_of("kcommons_census_duration_seconds"), kind).Set(wall);
  counter(row_of("kcommons_census_cpu_seconds_total"), kind).Increment(std::max(cpu, 0.0));
  if (!success) return;
  gauge(row_of("kcommons_snapshot_timestamp_seconds"), kind).Set(seconds_since_epoch(at));
}

void SelfMetrics::Impl::count_costs(Pass pass, const census::ReaderCosts& costs) {
  const std::lock_guard lock(mutex_);
  auto& readers = readers_.at(static_cast<std::size_t>(pass));
  for (const census::ReaderCost& cost : costs) {
    const auto [at, is_new] = readers.try_emplace(cost.reader);
    if (is_new) {
      const std::array<std::string_view, 2> values{name_of(pass), cost.reader};
      append_label_text(at->second.labels, kMetrics[row_of(kReaderSeconds)].labels, values);
    }
    at->second.seconds += std::max(cost.cpu.count(), 0.0);
  }
}

void SelfMetrics::Impl::write_costs(const Metric& row, TextWriter& writer) const {
  writer.family(row.name, row.type, row.help);
  for (const auto& readers : readers_) {
    for (const auto& [name, reader] : readers) writer.sample(reader.labels, reader.seconds);
  }
}

void SelfMetrics::Impl::count_failures(
    Pass pass, const std::array<std::uint64_t, census::kErrorKindCount>& by_kind) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < by_kind.size(); ++i) {
    counter(row_of("kcommons_census_failures_total"),
            {name_of(pass), kcommons::name_of(static_cast<ErrorKind>(i))})
        .Increment(static_cast<double>(by_kind[i]));
  }
}

void SelfMetrics::Impl::set_identity_wait(double seconds) {
  const std::lock_guard lock(mutex_);
  set_or_remove(row_of("kcommons_identity_wait_seconds"), seconds);
}

void SelfMetrics::Impl::set_reserve(std::string_view purpose, std::size_t left) {
  const std::lock_guard lock(mutex_);
  gauge(row_of("kcommons_reserve_descriptors"), {purpose}).Set(static_cast<double>(left));
}

void SelfMetrics::Impl::set_identity_failures(std::string_view source, std::uint64_t failures) {
  const std::lock_guard lock(mutex_);
  prometheus::Counter& series = counter(row_of("kcommons_identity_failures_total"), {source});
  series.Increment(std::max(static_cast<double>(failures) - series.Value(), 0.0));
}

void SelfMetrics::Impl::count_incident(std::string_view resource) {
  const std::lock_guard lock(mutex_);
  counter(row_of("kcommons_incidents_total"), {resource}).Increment();
}

void SelfMetrics::Impl::set_open_incidents(std::size_t count) {
  const std::lock_guard lock(mutex_);
  set_or_remove(row_of("kcommons_incidents_open"), static_cast<double>(count));
}

void SelfMetrics::Impl::config_read(bool success, WallTime at) {
  const std::lock_guard lock(mutex_);
  set_or_remove(row_of("kcommons_config_last_reload_successful"), success ? 1 : 0);
  if (!success) return;
  set_or_remove(row_of("kcommons_config_last_reload_success_timestamp_seconds"),
                seconds_since_epoch(at));
}

void SelfMetrics::Impl::set_info(std::size_t row, const std::vector<std::string_view>& values) {
  const std::lock_guard lock(mutex_);
  if (only_[row] != nullptr) gauges_[row]->Remove(only_[row]);
  only_[row] = &gauge(row, values);
  only_[row]->Set(1);
}

void SelfMetrics::Impl::set_or_remove(std::size_t row, std::optional<double> value) {
  if (value) {
    only_[row] = &gauge(row, {});
    only_[row]->Set(*value);
  } else if (only_[row] != nullptr) {
    gauges_[row]->Remove(only_[row]);
    only_[row] = nullptr;
  }
}

void SelfMetrics::Impl::set_process(const ProcessStats& stats) {
  const std::lock_guard lock(mutex_);
  const auto number = [](const std::optional<std::uint64_t>& value) {
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
  };
  if (stats.cpu_seconds) {
    // A counter of the library takes increments alone, and a reading below the last one is none.
    counter(row_of("process_cpu_seconds_total"), {})
        .Increment(std::max(*stats.cpu_seconds - cpu_seconds_, 0.0));
    cpu_seconds_ = std::max(*stats.cpu_seconds, cpu_seconds_);
  }
  set_or_remove(row_of("process_open_fds"), number(stats.open_fds));
  set_or_remove(row_of("process_max_fds"), number(stats.max_fds));
  set_or_remove(row_of("process_virtual_memory_bytes"), number(stats.virtual_memory_bytes));
  set_or_remove(row_of("process_virtual_memory_max_bytes"), number(stats.virtual_memory_max_bytes));
  set_or_remove(row_of("process_resident_memory_bytes"), number(stats.resident_memory_bytes));
  set_or_remove(row_of("process_start_time_seconds"), stats.start_time_seconds);
  set_or_remove(row_of("process_threads"), number(stats.threads));
}

std::string SelfMetrics::Impl::render() const {
  std::vector<MetricFamily> families;
  {
    const std::lock_guard lock(mutex_);
    families = registry_.Collect();
  }
  std::string out;
  TextWriter writer(out);
  for (const Metric& row : kMetrics) {
    if (row.name == kReaderSeconds) {
      const std::lock_guard lock(mutex_);
      write_costs(row, writer);
      continue;
    }
    const auto family =
        std::find_if(families.begin(), families.end(),
                     [&](const MetricFamily& candidate) { return candidate.name == row.name; });
    if (family != families.end()) write_family(writer, row, *family);
  }
  return out;
}

SelfMetrics::SelfMetrics() : impl_(std::make_unique<Impl>()) {}
SelfMetrics::~SelfMetrics() = default;

void SelfMetrics::pass_done(Pass pass, bool success, std::chrono::duration<double> wall,
                            std::chrono::duration<double> cpu, WallTime at) {
  impl_->pass_done(pass, success, wall.count(), cpu.count(), at);
}

void SelfMetrics::count_costs(Pass pass, const census::ReaderCosts& costs) {
  impl_->count_costs(pass, costs);
}

void SelfMetrics::count_failures(
    Pass pass, const std::array<std::uint64_t, census::kErrorKindCount>& by_kind) {
  impl_->count_failures(pass, by_kind);
}

void SelfMetrics::set_identity_wait(std::chrono::duration<double> wait) {
  impl_->set_identity_wait(wait.count());
}

void SelfMetrics::set_reserve(std::string_view purpose, std::size_t left) {
  impl_->set_reserve(purpose, left);
}

void SelfMetrics::set_identity_failures(std::string_view source, std::uint64_t failures) {
  impl_->set_identity_failures(source, failures);
}

void SelfMetrics::count_incident(std::string_view resource) {
  impl_->count_incident(resource);
}

void SelfMetrics::set_open_incidents(std::size_t count) {
  impl_->set_open_incidents(count);
}

void SelfMetrics::config_read(bool success, WallTime at) {
  impl_->config_read(success, at);
}

void SelfMetrics::set_build(std::string_view version, std::string_view revision,
                            std::string_view compiler) {
  impl_->set_info(row_of("kcommons_build_info"), {version, revision, compiler});
}

void SelfMetrics::set_source(std::string_view source, std::string_view reason) {
  impl_->set_info(row_of("kcommons_source_info"), {source, reason});
}

void SelfMetrics::set_process(const ProcessStats& stats) {
  impl_->set_process(stats);
}

std::string SelfMetrics::render() const {
  return impl_->render();
}

}  // namespace kcommons::exposition
