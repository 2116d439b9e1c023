# shellcheck shell=bash
# What shell tests of several folders share. To be sourced.

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
