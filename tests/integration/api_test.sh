#!/usr/bin/env bash
# The API over this machine, with each source: what it and the page say of a snapshot is what /metrics
# says of it, number by number; all of it is as the schemas say; a client that has it already is told so; a query
# that is wrong is refused with what was expected; history keeps what a holder held.
#
# Needs root and a cgroup hierarchy that it may write to. Environment: see lib.sh.
#
# shellcheck disable=SC2016 # jq's variables, not the shell's
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCHEMAS=$here/../../lib/report/schema
readonly DESCRIPTORS=40
readonly WATCHES=25
# A user that nobody is.
readonly FRESH_UID=$((3500000 + $$ % 100000))
ID=$(printf '%016x%048x' "$(date +%s%N)" "$$")
readonly ID

# get PATH [CURL-OPTION...]: CODE; the body is in $WORK/body, the head in $WORK/head.
get() {
  local path=$1
  shift
  : >"$WORK/body"
  CODE=$(curl -sS --max-time 20 -D "$WORK/head" -o "$WORK/body" -w '%{http_code}' "$@" "$URL$path")
}

etag() {
  sed -n 's/\r$//; s/^ETag: //p' "$WORK/head"
}

is() { # JQ-ARGUMENT...
  jq -e "$@" >/dev/null
}

# is_of DEFINITION: $WORK/body is what api.schema.json says of it, which refers to audit.schema.json.
is_of() {
  jq -n --slurpfile api "$SCHEMAS/api.schema.json" --slurpfile audit "$SCHEMAS/audit.schema.json" \
    --arg of "$1" '$api[0] |
      ."$defs" += $audit[0]."$defs" | ."$ref" = "#/$defs/" + $of | del(."$id") |
      walk(if type == "string" then sub("^https://kcommons.invalid/schema/audit-1.json"; "") else . end)' \
    >"$WORK/schema"
  is_valid "$WORK/schema" "$WORK/body"
}

# --- the numbers ------------------------------------------------------------------------------

# Of one snapshot: the ETag is the same before and after. With holdings every minute that may take a
# second attempt.
fetch_all() {
  get /api/v1/pools
  local before
  before=$(etag)
  cp "$WORK/body" "$WORK/pools"
  local path
  for path in 'holders?by=container' containers users; do
    get "/api/v1/$path"
    cp "$WORK/body" "$WORK/${path%%\?*}"
  done
  get / --header 'Accept: text/html'
  cp "$WORK/body" "$WORK/page"
  "$KCOMMONS" top --once "--from=$URL" -o json >"$WORK/top"
  scrape "$WORK/scrape"
  get /api/v1/pools
  [[ -n $before && $before == "$(etag)" ]]
}

check_numbers() {
  wait_for "quiet between two censuses" fetch_all
  expect "API, page and metrics say the same" python3 "$here/same_numbers.py" \
    "$WORK/scrape" "$WORK/pools" "$WORK/holders" "$WORK/containers" "$WORK/users" "$WORK/page"
  expect "and kcommons top --from the same as the API" cmp "$WORK/top" "$WORK/holders"
  expect "the container holds $WATCHES watches of its own user's pool" is --arg id "$ID" \
    --argjson watches "$WATCHES" --arg uid "$FRESH_UID" '
      [.containers[] | select(.container_id == $id) | .holdings[] |
        select(.resource == "inotify_watches" and .uid == $uid) | .used] == [$watches]' \
    "$WORK/containers"
  expect "the user is charged for them" is --arg uid "$FRESH_UID" --argjson watches "$WATCHES" '
    [.users[] | select(.uid == $uid) | .uses[] | select(.resource == "inotify_watches") | .used]
      == [$watches]' "$WORK/users"
}

check_schemas() {
  [[ -n $PYTHON ]] || return 0
  local name
  for name in pools containers users history; do
    get "/api/v1/$name"
    expect "/api/v1/$name is as the schema says" is_of "$name"
  done
  get "/api/v1/instances?pid=$HOLDER"
  expect "/api/v1/instances is as the schema says" is_of instances
  expect "and has the holder's" is --argjson watches "$WATCHES" \
    '[.instances[].watches] == [$watches]' "$WORK/body"
  get /api/v1/
  expect "/api/v1/ is as the schema says" is_of index
  local path
  for path in $(jq -r '.paths[].path' "$WORK/body"); do
    case $path in
      */explain) get "$path?subject=$HOLDER" ;;
      */instances) continue ;;
      *) get "$path" ;;
    esac
    expect "$path is there" test "$CODE" = 200
  done
  for name in holders:top explain:explain audit:audit incidents:incidents; do
    case $name in
      explain:*) get "/api/v1/explain?subject=$ID" ;;
      *) get "/api/v1/${name%:*}" ;;
    esac
    expect "/api/v1/${name%:*} is as that of kcommons ${name#*:}" \
      is_valid "$SCHEMAS/${name#*:}.schema.json" "$WORK/body"
  done
}

# --- what a client may ask --------------------------------------------------------------------

check_tags() {
  local path tag
  for path in audit pools holders containers users "explain?subject=$ID" "instances?pid=$HOLDER"; do
    get "/api/v1/$path"
    tag=$(etag)
    get "/api/v1/$path" --header "If-None-Match: W/\"x\", $tag"
    # A census may have come between the two.
    [[ $CODE == 304 || $(etag) != "$tag" ]] || wrong "/api/v1/$path: $CODE to who has it"
    [[ $CODE != 304 || ! -s $WORK/body ]] || wrong "/api/v1/$path: 304 with a body"
  done
  say "ok: who has a snapshot is told so"
}

refuses() { # PATH STATUS PATTERN
  get "/api/v1/$1"
  expect "$1 is refused with $2: $CODE" test "$CODE" = "$2"
  expect_line "and why" "$3" "$WORK/body"
}

check_refusals() {
  refuses 'pools?resource=files' 400 'expected one of open_files, '
  refuses 'pools?ressource=open_files' 400 'expected resource, userns, uid'
  refuses 'holders?by=pods' 400 'expected one of container, '
  refuses 'holders?limit=-1' 400 'expected a number of rows'
  refuses 'holders?resource=open_files,' 400 'expected a name'
  refuses 'explain' 400 'expected a PID'
  refuses 'explain?subject=nobody-at-all' 404 'no process and no container'
  refuses 'instances?pid=x' 400 'expected a PID'
  refuses 'instances?pid=4194304' 404 'no process at the last census'
  refuses 'history?resource=%3Cscript%3E' 400 'expected one of open_files, '
  refuses 'nothing' 404 ''
}

has_history() {
  get "/api/v1/history?resource=inotify_watches&uid=$FRESH_UID"
  is --arg id "${ID:0:12}" --argjson watches "$WATCHES" '
    [.pools[] | (.points[-1][1] == $watches) and (.holders[] | select(.container_id == $id) |
      .points[-1][1] == $watches)] == [true]' "$WORK/body"
}

check() {
  SOURCE=$1
  say "== $SOURCE"
  cat >"$WORK/$SOURCE.yaml" <<CONFIG
source: $SOURCE
sampling:
  holdings_interval: 1m
CONFIG
  run_exporter "--config.file=$WORK/$SOURCE.yaml"
  wait_for_census 1
  check_numbers
  check_schemas
  check_tags
  check_refusals
  expect "history has what the container held" holds_within 10 has_history
  stop "$EXPORTER"
}

[[ $EUID -eq 0 ]] || skip "root is needed, to make a cgroup and to see every process: sudo $0"
find_validator
mkdir "$WORK/watched"
chown "$FRESH_UID" "$WORK/watched"
# For a user who may not enter the build folder.
cp "$KCOMMONS_INTEGRATION_BIN/integration_holder" "$WORK/holder"
start_holder holder "$ID" setpriv "--reuid=$FRESH_UID" "--regid=$FRESH_UID" --clear-groups \
  "$WORK/holder" "$DESCRIPTORS" "$WATCHES" "$WORK/watched"
check procfs
! grep -q 'bpf: built in' < <("$KCOMMONS" --version) || check bpf
finish
