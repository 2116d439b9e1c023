/* Preloaded under valgrind, which in Debian 12 does not know openat2(2): opens by openat(2) instead. What
 * "root" and "beneath" mean is lost, but for paths that begin with a slash. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/syscall.h>

long syscall(long number, ...) {
  long argument[6];
  va_list arguments;
  va_start(arguments, number);
  for (int i = 0; i < 6; i++) argument[i] = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_openat2) {
    const struct open_how* how = (const struct open_how*)argument[2];
    const char* path = (const char*)argument[1];
    while (*path == '/') path++;
    return openat((int)argument[0], *path ? path : ".", (int)how->flags, how->mode);
  }
  long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}
