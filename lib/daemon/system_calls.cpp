#include "daemon/system_calls.hpp"

#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kcommons::daemon {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
// Numbers from here on are calls of x32, under the same architecture.
constexpr std::uint32_t kEndOfNumbers = 0x40000000;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kEndOfNumbers = 0x80000000;
#else
constexpr std::uint32_t kArchitecture = 0;
constexpr std::uint32_t kEndOfNumbers = 0;
#endif

constexpr auto kNeverNeeded = std::to_array<int>({
  // The memory and descriptors of other processes.
  SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_pidfd_getfd, SYS_move_pages,
      SYS_migrate_pages,
      // File systems. With CAP_DAC_READ_SEARCH, open_by_handle_at(2) leads out of any container.
      SYS_mount, SYS_umount2, SYS_mount_setattr, SYS_open_tree, SYS_move_mount, SYS_fsopen,
      SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_pivot_root, SYS_chroot, SYS_open_by_handle_at,
      SYS_quotactl, SYS_quotactl_fd, SYS_swapon, SYS_swapoff,
      // Namespaces, in which one has every capability.
      SYS_unshare, SYS_setns,
      // The kernel and the machine.
      SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load,
      SYS_reboot, SYS_acct, SYS_vhangup, SYS_sethostname, SYS_setdomainname, SYS_settimeofday,
      SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
#if defined(__x86_64__)
      SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
      // Much of the kernel's code, and of its faults.
      SYS_perf_event_open, SYS_userfaultfd,
      SYS_io_uring_setup,  // opens files and connects past every filter of system calls
      SYS_io_uring_enter, SYS_io_uring_register, SYS_add_key, SYS_request_key, SYS_keyctl,
});

constexpr auto kDebugging = std::to_array<int>({
  SYS_ptrace, SYS_execve, SYS_execveat,
#if defined(__x86_64__)
      SYS_fork, SYS_vfork,
#endif
});

constexpr std::uint32_t kNewNamespaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS |
                                         CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// A program of classic BPF. Jumps are relative and go forward: over the one or two instructions
// that are for the other case.
class Filter final {
 public:
  explicit Filter(const SystemCallNeeds& needs) {
    load(offsetof(seccomp_data, arch));
    unless(BPF_JEQ, kArchitecture, SECCOMP_RET_ERRNO | EPERM);
    load(offsetof(seccomp_data, nr));
    when(BPF_JGE, kEndOfNumbers, SECCOMP_RET_ERRNO | EPERM);
    for (const int number : kNeverNeeded) deny(number);
    if (!needs.debugging) {
      for (const int number : kDebugging) deny(number);
    }
    // Its flags are behind a pointer, where no filter looks: libc then takes clone(2).
    when(BPF_JEQ, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
    if (needs.bpf) {
      // What is loaded walks on. With CAP_PERFMON, another program could read all memory.
      deny_if(SYS_bpf, BPF_JEQ, BPF_PROG_LOAD);
    } else {
      deny(SYS_bpf);
    }
    deny_if(SYS_clone, BPF_JSET, kNewNamespaces);
    if (!needs.debugging) deny_unless(SYS_clone, BPF_JSET, CLONE_THREAD);
    answer(SECCOMP_RET_ALLOW);
  }

  [[nodiscard]] sock_fprog program() {
    return {.len = static_cast<unsigned short>(code_.size()), .filter = code_.data()};
  }

 private:
  void load(std::size_t offset) {
    code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }
  void answer(std::uint32_t action) { code_.push_back(BPF_STMT(BPF_RET | BPF_K, action)); }
  void when(std::uint16_t test, std::uint32_t operand, std::uint32_t action) {
    code_.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), operand, 0, 1));
    answer(action);
  }
  void unless(std::uint16_t test, std::uint32_t operand, std::uint32_t action) {
    code_.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), operand, 1, 0));
    answer(action);
  }
  // By the first argument. The number is loaded again behind the test.
  void deny_if(int number, std::uint16_t test, std::uint32_t operand) {
    first_argument_of(number);
    when(test, operand, SECCOMP_RET_ERRNO | EPERM);
    load(offsetof(seccomp_data, nr));
  }
  void deny_unless(int number, std::uint16_t test, std::uint32_t operand) {
    first_argument_of(number);
    unless(test, operand, SECCOMP_RET_ERRNO | EPERM);
    load(offsetof(seccomp_data, nr));
  }
  // Its lower half. Other calls go on four instructions later, behind the test.
  void first_argument_of(int number) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 4));
    static_assert(std::endian::native == std::endian::little);
    load(offsetof(seccomp_data, args));
  }
  void deny(int number) {
    when(BPF_JEQ, static_cast<std::uint32_t>(number), SECCOMP_RET_ERRNO | EPERM);
  }

  std::vector<sock_filter> code_;
};

}  // namespace

Result<void> limit_system_calls(const SystemCallNeeds& needs) {
  const std::string attempted = "install a seccomp filter";
  if constexpr (kArchitecture == 0) return fail(Error::from_errno(ENOSYS, attempted));
  Filter filter(needs);
  const sock_fprog program = filter.program();
  // Without SPEC_ALLOW, kernels before 5.16 make everything slower that has a filter.
  constexpr unsigned kFlags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  const long failed = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &program);
  if (failed < 0) return fail(Error::from_errno(errno, attempted));
  if (failed > 0) {
    return fail(Error::other(attempted + ": thread " + std::to_string(failed) +
                             " has one that is not this process's"));
  }
  return {};
}

}  // namespace kcommons::daemon
