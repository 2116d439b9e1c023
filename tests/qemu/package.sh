# shellcheck shell=bash
# The .deb on a machine that has not seen it: dpkg installs it, it runs under its unit and serves by bpf, is
# reloaded, upgraded with its state and configuration kept, and leaves nothing when it is purged. Sourced
# by guest.sh, with what service.sh has.

# shellcheck disable=SC2154  # what guest.sh sets

# Lines of dpkg and of maintainer scripts go to the log of this check; questions have no answer.
dpkg_do() {
  DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold "$@" </dev/null ||
    fail "dpkg $* fails, see above"
}

version_installed() {
  dpkg-query --show --showformat '${Status} ${Version}' kcommons 2>/dev/null
}

# expect_serving: ready by systemd, with a census of its own by bpf.
expect_serving() {
  systemctl is-active kcommons.service >/dev/null || {
    journalctl --no-pager --unit kcommons
    fail "the service is $(property ActiveState); its journal is above"
  }
  holds_within "$DEADLINE" has_holdings || fail "nothing is served at port $port"
  expect_line '^kcommons_source_info\{.*source="bpf"'
  expect_line '^kcommons_host_used\{.*resource="open_files".*unit="kcommons\.service".*\} [1-9]'
  [[ -z $(denied) ]] || fail "reads are denied: $(denied)"
  expect_unprivileged "$(property MainPID)"
}

# All that has its name; not what is mounted from the host. What ends while it is looked at is no mistake.
find_traces() {
  {
    find / /run -xdev -name '*kcommons*' 2>/dev/null || true
  } | grep -v "^$tree/" | sort
  getent passwd kcommons || true
  getent group kcommons || true
  systemctl list-units --all --plain --no-legend 'kcommons.*' || true
  systemctl list-unit-files --no-legend 'kcommons.*' || true
}

expect_installed() {
  [[ $(version_installed) == "install ok installed $1" ]] || fail "dpkg has $(version_installed), not $1"
  [[ $(systemctl is-enabled kcommons.service) == enabled ]] || fail "the service is not enabled"
  [[ $(property FragmentPath) == /lib/systemd/system/kcommons.service ||
    $(property FragmentPath) == /usr/lib/systemd/system/kcommons.service ]] ||
    fail "the unit is $(property FragmentPath)"
  expect_serving
}

install_first() {
  dpkg_do --install "$1"
  port=10044
  expect_installed "$(dpkg-deb --field "$1" Version)"
  echo "installed: $(property StatusText)"
  systemd-analyze security --no-pager --threshold=25 kcommons.service >exposure ||
    fail "exposed to more than 2.5: $(grep -v '✓' exposure)"
  tail -n 1 exposure
}

# By what is in /etc, changed as its administrator would.
configure() {
  local pid
  pid=$(property MainPID)
  sed -i 's/^  max_units: 500$/  max_units: 499/' /etc/kcommons/kcommons.yaml
  systemctl reload kcommons.service
  holds_within "$DEADLINE" has_reloaded || fail "the configuration is not read again"
  [[ $(property MainPID) == "$pid" ]] || fail "it was started again, not reloaded"
  port=$(free_port)
  sed -i "s/^#\(KCOMMONS_WEB_LISTEN_ADDRESS\)=.*/\1=127.0.0.1:$port/" /etc/default/kcommons
  systemctl restart kcommons.service
  expect_serving
  echo "reloaded in place, and moved to port $port by /etc/default/kcommons"
}

# upgrade DEB: to a version that is higher, while it runs.
upgrade() {
  local pid before
  pid=$(property MainPID)
  before=$(md5sum /etc/kcommons/kcommons.yaml /etc/default/kcommons)
  echo kept >/var/lib/kcommons/mark
  dpkg_do --install "$1"
  expect_installed "$(dpkg-deb --field "$1" Version)"
  [[ $(property MainPID) != "$pid" ]] || fail "the old program still runs"
  [[ $(md5sum /etc/kcommons/kcommons.yaml /etc/default/kcommons) == "$before" ]] ||
    fail "the upgrade has changed the configuration"
  [[ $(cat /var/lib/kcommons/mark) == kept && -s /var/lib/kcommons/incidents.jsonl ]] ||
    fail "the upgrade has lost the state"
  echo "upgraded: $(version_installed), another process, with its state and configuration"
}

# What its administrator has stopped for good stays so.
upgrade_disabled() {
  systemctl disable --now kcommons.service
  dpkg_do --install "$1"
  [[ $(systemctl is-enabled kcommons.service) == disabled ]] || fail "the upgrade has enabled it"
  [[ $(property ActiveState) == inactive ]] || fail "the upgrade has started what is disabled"
  systemctl enable --now kcommons.service
}

remove() {
  dpkg_do --remove kcommons
  [[ $(property ActiveState) == inactive ]] || fail "it still runs"
  [[ ! -e /usr/bin/kcommons && ! -e /lib/systemd/system/kcommons.service ]] || fail "files are left"
  [[ -e /etc/kcommons/kcommons.yaml && -e /var/lib/kcommons/mark ]] ||
    fail "configuration and state are for purge to remove"
}

package() {
  local debs tree
  tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
  mapfile -t debs < <(printf '%s\n' "$tree"/build/qemu/packages/*.deb | sort --version-sort)
  [[ ${#debs[@]} -eq 2 ]] || fail "not two packages, but: ${debs[*]}"
  find_traces >before
  install_first "${debs[0]}"
  configure
  upgrade "${debs[1]}"
  upgrade_disabled "${debs[1]}"
  remove
  dpkg_do --purge kcommons
  find_traces >after
  diff before after || fail "purged, it has left what is above"
  echo "purged: nothing is left of ${debs[1]##*/}"
}
