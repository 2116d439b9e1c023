# shellcheck shell=bash
# What shell tests of several folders share. To be sourced, by scripts with `set -euo pipefail`.

# What a test ends with that had nothing to look at.
readonly SKIPPED=77
FAILURES=0

say() {
  printf '%s\n' "$*"
}

die() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

skip() {
  printf 'SKIPPED: %s\n' "$*" >&2
  exit "$SKIPPED"
}

# Goes on, so that one run shows all that is wrong; `finish` fails then.
wrong() {
  printf 'NOT OK: %s\n' "$*" >&2
  FAILURES=$((FAILURES + 1))
}

finish() {
  ((FAILURES == 0)) || die "$FAILURES of the checks above"
  say "all held"
}

# expect WHAT COMMAND...
expect() {
  local what=$1
  shift
  if "$@"; then say "ok: $what"; else wrong "$what"; fi
}

# holds_within SECONDS COMMAND...: until COMMAND succeeds.
holds_within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# A port of the loopback that nobody listens on. A race with others is possible and makes the
# program that gets the port fail loudly.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s\n' "$port"
      return
    fi
  done
}
