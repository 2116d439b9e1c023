// What the functions that take the place of others share; internal to this folder. wrapped.cmake
// has their names: ld(1) calls ours __wrap_NAME and the other __real_NAME.
#pragma once

#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "calls.hpp"

namespace kcommons::test {

// What is to come of this call; `path` as it is given to openat(2), empty for the descriptor
// itself.
Fault ask(CallKind kind, int dir_fd, std::string_view path);
// Sets errno where it is an error.
bool fails(Fault fault);
// Gives `fd` back. errno stays.
int remember(int fd, std::string name);
void fill_with_garbage(void* buffer, std::size_t size);

}  // namespace kcommons::test

extern "C" {
int __real_open(const char* path, int flags, ...);
int __real_openat(int dir_fd, const char* path, int flags, ...);
ssize_t __real_read(int fd, void* buffer, std::size_t size);
ssize_t __real_pread(int fd, void* buffer, std::size_t size, off_t offset);
ssize_t __real_readlinkat(int dir_fd, const char* path, char* buffer, std::size_t size) noexcept;
int __real_fstatat(int dir_fd, const char* path, struct stat* status, int flags) noexcept;
int __real_fstat(int fd, struct stat* status) noexcept;
int __real_fstatfs(int fd, struct statfs* status) noexcept;
int __real_faccessat(int dir_fd, const char* path, int mode, int flags) noexcept;
ssize_t __real_getdents64(int fd, void* buffer, std::size_t size) noexcept;
DIR* __real_fdopendir(int fd);
struct dirent* __real_readdir(DIR* directory);
off_t __real_lseek(int fd, off_t offset, int whence) noexcept;
int __real_ioctl(int fd, unsigned long request, ...) noexcept;
long __real_syscall(long number, ...) noexcept;
int __real_socket(int domain, int type, int protocol) noexcept;
ssize_t __real_sendto(int fd, const void* bytes, std::size_t size, int flags, const sockaddr* to,
                      socklen_t to_size);
ssize_t __real_recv(int fd, void* buffer, std::size_t size, int flags);
}
