#!/usr/bin/python3
"""Runs a command under the system calls that a unit of systemd allows.

    unit_filter.py UNIT COMMAND...

What SystemCallFilter= means stands in systemd.exec(5): the first line decides that it is a list of
what is allowed, "~" takes away again, "@" is a group that systemd-analyze knows. The rest fails with
EPERM. For what has no systemd to start a unit; takes libseccomp, which systemd brings along.
"""
import ctypes
import errno
import os
import subprocess
import sys

RET_ALLOW = 0x7FFF0000
RET_EPERM = 0x00050000 | errno.EPERM


def group(name):
    """The calls of a group, and of those within it."""
    text = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True,
                          capture_output=True, text=True).stdout
    lines = (line.strip() for line in text.splitlines()[1:])
    return calls_of(line for line in lines if line and not line.startswith("#"))


def calls_of(names):
    calls = set()
    for name in names:
        calls |= group(name) if name.startswith("@") else {name}
    return calls


def allowed(unit):
    calls = group("@default")
    with open(unit, encoding="utf-8") as lines:
        values = [line.strip().partition("=")[2] for line in lines
                  if line.startswith("SystemCallFilter=")]
    if not values or values[0].startswith("~"):
        sys.exit(f"{unit}: no SystemCallFilter= that says what is allowed")
    for value in values:
        if value.startswith("~"):
            calls -= calls_of(value[1:].split())
        else:
            calls |= calls_of(value.split())
    return calls


def install(calls):
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    filter_ = ctypes.c_void_p(library.seccomp_init(RET_EPERM))
    for call in sorted(calls):
        number = library.seccomp_syscall_resolve_name(call.encode())
        # Negative ones are of other architectures.
        if number >= 0 and library.seccomp_rule_add(filter_, RET_ALLOW, number, 0) != 0:
            sys.exit(f"no rule can be made for {call}")
    failed = library.seccomp_load(filter_)
    if failed != 0:
        sys.exit(f"the filter is not loaded: {os.strerror(-failed)}")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    install(allowed(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])


main()
