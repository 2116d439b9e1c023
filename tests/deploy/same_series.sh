# shellcheck shell=bash
# To be sourced after tests/e2e/lib.sh.

# same_series PORT HOST_PORT STILL...: what the kcommons there and the host's process serve has the same
# series; STILL are containers in which nothing moves. Scraped at the same time, because other programs of
# this machine come and go. Leaves packed.prom, host.prom and differences in the work directory.
same_series() {
  local work=$KCOMMONS_E2E_WORK packed=$1 host=$2 scrape
  shift 2
  curl --noproxy '*' -fsS -o "$work/packed.prom" "http://127.0.0.1:$packed/metrics" &
  scrape=$!
  curl --noproxy '*' -fsS -o "$work/host.prom" "http://127.0.0.1:$host/metrics" || return 1
  wait "$scrape" || return 1
  python3 "$(dirname "${BASH_SOURCE[0]}")/same_series.py" "$work/packed.prom" "$work/host.prom" "$@" \
    >"$work/differences"
}
