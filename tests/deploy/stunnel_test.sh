#!/usr/bin/env bash
# TLS on a plain host: deploy/stunnel/kcommons.conf as it is, but for ports and folders, in front of a real
# daemon. A real Prometheus scrapes through it with a client certificate. Refused are: no certificate, one of
# another CA, no TLS, TLS 1.1. And the drop-in for Debian's unit is one that systemd takes.
#
# Needs root, stunnel4, openssl, prometheus, curl, jq, util-linux, Debian's python3 and libseccomp. Environment: see ../integration/lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR/../integration source=lib.sh
source "$here/../integration/lib.sh"

readonly STUNNEL=$here/../../deploy/stunnel
readonly DROP_IN=$STUNNEL/stunnel@kcommons.service.d/kcommons.conf
readonly UNIT=/lib/systemd/system/stunnel@.service

require() {
  local program
  [[ $EUID -eq 0 ]] || skip "root is needed: stunnel becomes the user stunnel4"
  for program in "$@"; do command -v "$program" >/dev/null || skip "$program is not installed"; done
}

# --- certificates -----------------------------------------------------------------------------

# make_ca NAME
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$KEYS/$1.key" -out "$KEYS/$1.crt" 2>>"$WORK/openssl"
}

# make_certificate NAME CA SUBJECT-ALTERNATIVE-NAME USAGE
make_certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$KEYS/$1.key" \
    -out "$KEYS/$1.csr" 2>>"$WORK/openssl"
  openssl x509 -req -in "$KEYS/$1.csr" -CA "$KEYS/$2.crt" -CAkey "$KEYS/$2.key" -days 2 -out "$KEYS/$1.crt" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$3" "$4") 2>>"$WORK/openssl"
}

make_certificates() {
  KEYS=$WORK/keys
  mkdir -m 700 "$KEYS"
  make_ca clients-ca
  make_ca other-ca
  make_certificate server clients-ca IP:127.0.0.1 serverAuth
  make_certificate prometheus clients-ca DNS:prometheus.example clientAuth
  make_certificate stranger other-ca DNS:prometheus.example clientAuth
}

# --- stunnel ----------------------------------------------------------------------------------

# "CAP_SETUID CAP_SETGID" as setpriv writes it: ",+setuid,+setgid".
capabilities() {
  sed -n 's/^CapabilityBoundingSet=//p' "$DROP_IN" | sed 's/CAP_/,+/g; s/ //g' | tr '[:upper:]' '[:lower:]'
}

start_stunnel() {
  TLS_PORT=$(free_port)
  sed -e "s#^accept = .*#accept = 127.0.0.1:$TLS_PORT#" -e "s#^connect = .*#connect = 127.0.0.1:$PORT#" \
    -e "s#/etc/stunnel/kcommons/#$KEYS/#" "$STUNNEL/kcommons.conf" >"$WORK/stunnel.conf"
  # With the capabilities and the system calls of the drop-in.
  start /dev/null "$WORK/stunnel.log" setpriv --bounding-set="-all$(capabilities)" --no-new-privs \
    "$here/../integration/unit_filter.py" "$DROP_IN" stunnel4 "$WORK/stunnel.conf"
  TUNNEL=$STARTED
  wait_for "listening stunnel" stunnel_listens
  expect "stunnel is root no more" test "$(stat -c %U "/proc/$TUNNEL")" = stunnel4
}

stunnel_listens() {
  alive "$TUNNEL" || die "stunnel ended: $(cat "$WORK/stunnel.log")"
  (: <"/dev/tcp/127.0.0.1/$TLS_PORT") 2>/dev/null
}

# --- clients ----------------------------------------------------------------------------------

# tls_get OPTION...: over TLS; the server is who it says.
tls_get() {
  curl -fsS --max-time 5 -o "$WORK/answer" --cacert "$KEYS/clients-ca.crt" "$@" \
    "https://127.0.0.1:$TLS_PORT/metrics" 2>"$WORK/curl"
}

as() {
  printf '%s\n' --cert "$KEYS/$1.crt" --key "$KEYS/$1.key"
}

# expect_refused WHAT COMMAND...: it fails, and no metric has come.
expect_refused() {
  local what=$1
  shift
  rm -f "$WORK/answer"
  if "$@"; then
    wrong "$what is let in"
  elif grep -q kcommons_ "$WORK/answer" 2>/dev/null; then
    wrong "$what is given metrics"
  else
    say "ok: $what is refused: $(tail -n 1 "$WORK/curl" | cut -c -100)"
  fi
}

# handshake VERSION: as who is known. Below TLS 1.2 OpenSSL offers nothing by itself, and what is to be seen
# is that the server refuses.
handshake() {
  openssl s_client -connect "127.0.0.1:$TLS_PORT" -CAfile "$KEYS/clients-ca.crt" -cert "$KEYS/prometheus.crt" \
    -key "$KEYS/prometheus.key" "-$1" -cipher 'ALL:@SECLEVEL=0' </dev/null >"$WORK/handshake" 2>&1
}

check_clients() {
  local -a known stranger
  mapfile -t known < <(as prometheus)
  mapfile -t stranger < <(as stranger)
  expect "who has a certificate is served" tls_get "${known[@]}"
  expect_line "with metrics" '^kcommons_build_info\{' "$WORK/answer"
  expect "by TLS 1.2 too" tls_get "${known[@]}" --tls-max 1.2
  expect_refused "who has no certificate" tls_get
  expect_refused "who has none, by TLS 1.2," tls_get --tls-max 1.2
  expect_refused "a certificate of another CA" tls_get "${stranger[@]}"
  expect_refused "who speaks no TLS" curl -fsS --max-time 5 -o "$WORK/answer" --stderr "$WORK/curl" \
    "http://127.0.0.1:$TLS_PORT/metrics"
  expect "the same client shakes hands by TLS 1.2" handshake tls1_2
  if handshake tls1_1; then wrong "TLS 1.1 is spoken"; fi
  expect_line "TLS 1.1 is refused by the server" 'alert protocol version' "$WORK/handshake"
}

# --- Prometheus -------------------------------------------------------------------------------

# job NAME SCHEME [CERTIFICATE]
job() {
  printf '  - job_name: %s\n    honor_labels: true\n    scheme: %s\n' "$1" "$2"
  printf '    static_configs: [{targets: ["127.0.0.1:%s"]}]\n' "$TLS_PORT"
  [[ $2 == https ]] || return 0
  printf '    tls_config:\n      ca_file: %s\n' "$KEYS/clients-ca.crt"
  [[ -z ${3:-} ]] || printf '      cert_file: %s\n      key_file: %s\n' "$KEYS/$3.crt" "$KEYS/$3.key"
}

start_prometheus() {
  PROMETHEUS_PORT=$(free_port)
  {
    printf 'global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n'
    job known https prometheus
    job nobody https
    job stranger https stranger
    job plain http
  } >"$WORK/prometheus.yml"
  start /dev/null "$WORK/prometheus.log" prometheus "--config.file=$WORK/prometheus.yml" \
    "--storage.tsdb.path=$WORK/tsdb" "--web.listen-address=127.0.0.1:$PROMETHEUS_PORT"
}

# ask EXPRESSION: by job, a line each.
ask() {
  curl -fsS --max-time 5 --get --data-urlencode "query=$1" "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query" \
    2>/dev/null | jq -r '.data.result[] | "\(.metric.job) \(.value[1])"' | sort
}

answers() {
  [[ $(ask "$1") == "$2" ]]
}

check_prometheus() {
  local ups='known 1
nobody 0
plain 0
stranger 0'
  # Long enough that none of the others has not been scraped yet.
  wait_for "scrapes of Prometheus" answers 'count_over_time(up[1m]) >= bool 3' "${ups//0/1}"
  expect "Prometheus is let in with its certificate, and only so: $(ask up | tr '\n' ' ')" answers up "$ups"
  expect "and has the metrics of kcommons" answers kcommons_build_info 'known 1'
}

# --- the drop-in ------------------------------------------------------------------------------

check_drop_in() {
  local units=$WORK/units
  if ! command -v systemd-analyze >/dev/null || [[ ! -f $UNIT ]]; then
    say "systemd-analyze or $UNIT is not here: the drop-in is not looked at"
    return
  fi
  mkdir -p "$units/stunnel@kcommons.service.d"
  cp "$UNIT" "$units/stunnel@kcommons.service"
  cp "$DROP_IN" "$units/stunnel@kcommons.service.d"
  SYSTEMD_UNIT_PATH=$units: systemd-analyze verify --man=no "$units/stunnel@kcommons.service" \
    >"$WORK/verify" 2>&1 || wrong "systemd-analyze verify fails"
  expect "systemd-analyze verify complains of nothing: $(cat "$WORK/verify")" test ! -s "$WORK/verify"
  cat "$units/stunnel@kcommons.service" "$DROP_IN" >"$WORK/whole.service"
  systemd-analyze security --no-pager --offline=yes --threshold=40 "$WORK/whole.service" >"$WORK/security" ||
    wrong "exposed to more than 4.0"
  say "$(tail -n 1 "$WORK/security")"
}

require stunnel4 openssl prometheus curl jq setpriv systemd-analyze
make_certificates
run_exporter --source=procfs
wait_for_census 1
start_stunnel
check_clients
start_prometheus
check_prometheus
check_drop_in
finish
