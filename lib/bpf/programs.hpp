// The BPF programs of the census, loaded into the kernel: walks over all tasks of the reader's PID
// namespace, whose records (bpf/records.h) are handed over one by one.
//
// Loading needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), BTF of the kernel, and bpf_loop (Linux
// 5.17); load() fails with the reason where something is missing. Walks need less than loading:
// since 6.1 nothing, before CAP_BPF.
//
// Belongs to one thread: one walk at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>

#include "base/result.hpp"

namespace kcommons::bpf {

// Was this program built with libbpf?
bool is_built_in();

enum class Walk : unsigned char {
  kPools,     // users and what they are charged
  kHoldings,  // processes, cgroups, descriptor tables, shared files, inotify groups
  kMappings,  // mapped files; takes each process's mmap lock for reading
};

class Programs final {
 public:
  using Sink = std::function<void(std::span<const std::byte>)>;

  static Result<std::unique_ptr<Programs>> load();
  ~Programs();
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  // From now on so many walks over holdings or mappings are kept ready for when no more descriptors
  // are to be had (walk_stock.hpp); fewer where they cannot be made. Pools need none.
  void keep_ready(Walk walk, std::size_t wanted);
  [[nodiscard]] std::size_t ready(Walk walk) const;

  // False on kernels without the iterator for mappings (before 5.12).
  [[nodiscard]] bool can(Walk walk) const;

  // Calls `sink` for each record of a walk; a record is aligned to 8 bytes and gone after the call.
  // Records that the kernel side could not hand over make the walk fail: nothing is lost silently.
  Result<void> run(Walk walk, const Sink& sink, const std::stop_token& stop);

 private:
  struct Loaded;
  explicit Programs(std::unique_ptr<Loaded> loaded);
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace kcommons::bpf
