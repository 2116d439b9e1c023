#!/bin/sh
# What the program says and how it exits: cli_test.sh KCOMMONS SOURCE_DIR with|without
# The last says how it was built: with or without the bpf source.
# Needs no privilege and no network: every serve here is refused, or fails at its start.
set -eu

kcommons=$1
source_dir=$2
bpf=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# run CODE ARGUMENTS…: runs the program, its output in $work/out and $work/err.
run() {
  expected=$1
  shift
  label="kcommons $*"
  code=0
  "$kcommons" "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq "$expected" ] || complain "exit code $code, expected $expected"
}

complain() {
  echo "FAILED: $label: $1" >&2
  sed 's/^/  out: /' "$work/out" >&2
  sed 's/^/  err: /' "$work/err" >&2
  failures=$((failures + 1))
}

# has FILE TEXT: TEXT stands in FILE. lacks FILE TEXT: it does not.
has() { grep -qF -e "$2" "$work/$1" || complain "$1 lacks: $2"; }
lacks() { ! grep -qF -e "$2" "$work/$1" || complain "$1 has: $2"; }
empty() { [ ! -s "$work/$1" ] || complain "$1 is not empty"; }
lines() { [ "$(wc -l <"$work/$1")" -eq "$2" ] || complain "$1 has not $2 lines"; }

# Help and version are asked for: standard output, success.
run 0 --version
lines out 1
empty err
grep -Eq '^kcommons, version [0-9]+\.[0-9]+\.[0-9]+ \(revision: [0-9a-z]+, compiler: .+, platform: linux/.+\)$' \
  "$work/out" || complain "not the shape of a version line"
if [ "$bpf" = with ]; then
  has out ', bpf: built in)'
else
  has out ', bpf: not built in, for want of libbpf)'
  echo 'source: bpf' >"$work/bpf.yaml"
  run 1 serve "--config.file=$work/bpf.yaml"
  has err 'source: bpf: this kcommons was built without libbpf'
fi
run 0 --help
has out 'check-config'
empty err
run 0 serve --help
has out '--web.listen-address'
empty err

# The help shows the defaults that the example file holds.
for pair in listen-address:listen_address telemetry-path:telemetry_path max-requests:max_requests \
  procfs:procfs sysfs:sysfs rootfs:rootfs level:level format:format; do
  default=$(sed -n "s/^  ${pair#*:}: //p" "$source_dir/config/kcommons.yaml")
  grep -e "--[a-z]*\.${pair%:*} " "$work/out" | grep -F "(default $default)" >/dev/null ||
    complain "the help of ${pair%:*} lacks its default $default"
done

# Usage errors: standard error, exit code 2.
run 2
has err 'Usage:'
empty out
for arguments in bogus 'serve --bogus' 'serve --source tea' 'serve bogus' check-config 'check-config a b' \
  'check-config a list-metrics' 'top x' 'top --limit -1' 'top --source tea' 'list-metrics x' 'serve --log.level debug --log.level info'; do
  # shellcheck disable=SC2086 # the arguments are to be split
  run 2 $arguments
  empty out
  [ -s "$work/err" ] || complain 'no message'
done

# check-config: every mistake, one a line.
run 0 check-config "$source_dir/config/kcommons.yaml"
has out 'config/kcommons.yaml: ok'
empty err
run 0 check-config "$source_dir/tests/fixtures/config/full.yaml"
run 2 check-config "$source_dir/tests/fixtures/config/several_mistakes.yaml"
empty out
sed 's/^.*several_mistakes/several_mistakes/' "$work/err" |
  diff -u "$source_dir/tests/fixtures/config/several_mistakes.txt" - >&2 ||
  complain 'other mistakes than in several_mistakes.txt'
run 2 check-config "$work/missing.yaml"
has err 'missing.yaml: cannot be opened: No such file or directory'

# Layouts are judged by the layer that matches them, with the place they have in the file.
printf 'cgroup:\n  layouts:\n    - path: /no/capture\n      runtime: oci\n    - {path: "/a/{id}", runtime: oci}\n' \
  >"$work/layouts.yaml"
run 2 check-config "$work/layouts.yaml"
lines err 1
has err 'layouts.yaml:3:13: cgroup.layouts: '

# serve refuses a wrong flag, variable and file all at once, each named by where it came from.
printf 'web:\n  max_requests: 0\n' >"$work/bad.yaml"
KCOMMONS_LOG_LEVEL=loud run 2 serve --config.file "$work/bad.yaml" --web.listen-address here \
  --path.procfs=proc
lines err 4
has err 'bad.yaml:2:17: web.max_requests: "0" is out of range'
has err 'KCOMMONS_LOG_LEVEL: "loud", expected debug, info, warn or error'
has err '--web.listen-address: "here" has no port'
has err '--path.procfs: "proc", expected an absolute path'

# Addresses: several flags, a list in the file, commas in a variable; each once. Seen by what stops it.
printf 'web:\n  listen_address: [":1", "0.0.0.0:1"]\n' >"$work/addresses.yaml"
KCOMMONS_WEB_LISTEN_ADDRESS=:2,:3,:2 run 2 serve --config.file "$work/addresses.yaml" \
  --web.listen-address :4 --web.listen-address=localhost:4 --web.listen-address :4
lines err 3
has err 'addresses.yaml:2:26: web.listen_address[1]: "0.0.0.0:1" given twice, expected each address once'
has err 'KCOMMONS_WEB_LISTEN_ADDRESS: ":2" given twice'
has err '--web.listen-address: ":4" given twice'
# A switch is given alone, or with a value; a variable has one.
KCOMMONS_WEB_ENABLE_LIFECYCLE=yes run 2 serve --log.format x
lines err 2
has err 'KCOMMONS_WEB_ENABLE_LIFECYCLE: "yes", expected true or false'
for switch in --web.enable-lifecycle --web.enable-lifecycle=true --web.enable-lifecycle=false; do
  run 2 serve "$switch" --log.format x
  lines err 1
done
run 2 serve --web.enable-lifecycle=maybe
lines err 1
has err '--web.enable-lifecycle: "maybe", expected true or false'

# The file is found by flag, else by variable; an empty variable is none.
KCOMMONS_CONFIG_FILE=$work/bad.yaml run 2 serve
has err 'bad.yaml:2:17'
KCOMMONS_CONFIG_FILE=$work/bad.yaml run 2 serve --config.file "$work/missing.yaml"
has err 'missing.yaml: cannot be opened'
lacks err 'bad.yaml'
KCOMMONS_CONFIG_FILE='' KCOMMONS_LOG_LEVEL='' run 2 serve --log.format x
lines err 1

# A flag wins over the environment, which wins over the file. Seen by the procfs that serve asks
# for in vain.
printf 'paths:\n  procfs: /nonexistent/from-file\nweb:\n  listen_address: 127.0.0.1:0\n' \
  >"$work/start.yaml"
# start FROM ARGUMENTS…: serve names the procfs that FROM gave it, and none of the others.
start() {
  from=$1
  shift
  label="kcommons serve $*"
  timeout 20 "$kcommons" serve --config.file "$work/start.yaml" "$@" \
    >"$work/out" 2>"$work/err" || true
  cat "$work/err" >>"$work/out"
  has out "/nonexistent/from-$from"
  [ "$(grep -o 'nonexistent/from-[a-z]*' "$work/out" | sort -u | wc -l)" -eq 1 ] ||
    complain 'more than one procfs is named'
}
start file
export KCOMMONS_PATH_PROCFS=/nonexistent/from-environment
start environment
start flag --path.procfs /nonexistent/from-flag
unset KCOMMONS_PATH_PROCFS

# top: a wrong word is named with what is right, and nothing is read.
run 0 top --help
has out '--resource'
has out '--path.procfs'
lacks out '--web.listen-address'
run 2 top --resource tea
has err 'kcommons: --resource: "tea", expected one of open_files, inotify_instances, '
run 2 top --by group
has err '--by: "group", expected one of container, uid, unit, process, pod'
run 2 top -o yaml
has err '--output: "yaml", expected one of table, wide, json, csv'
run 2 top --resource open_files --sort open_files
has err '--sort: "open_files", expected one of used, limit, share, name, pool'
run 2 top --limit=-1
has err '--limit: "-1", expected a number of rows, 0 for all'
run 2 top --sort limit
has err '--sort: "limit", expected used, name or, without --resource, a resource'
# Variables of serve are none of its business; those of its own flags are.
KCOMMONS_WEB_LISTEN_ADDRESS=nowhere run 1 top --source procfs --path.procfs /nonexistent
has err 'kcommons: read the host: '
has err '/nonexistent: No such file or directory; there is nothing to show'
empty out
KCOMMONS_SOURCE=tea run 2 top
has err 'KCOMMONS_SOURCE: "tea", expected '

# audit exits as monitoring plugins do: what is wrong with the question is "could not tell".
run 3 audit --warn x
has err 'kcommons: --warn: "x", expected a number of percent from 0 to 10000'
run 3 audit --warn 95
has err 'kcommons: --warn: "95", expected no more than crit, which is 90'
run 3 audit --from nowhere
has err 'kcommons: --from: no http:// at the front, expected http://host:port'
run 3 audit --from http://127.0.0.1:1 --subtract
has err '--from with --subtract'
run 3 audit --from http://127.0.0.1:1 --config.file x
has err '--from with --config.file'
# Variables that say how this host is read are none of its business then.
KCOMMONS_SOURCE=tea run 3 audit --from http://me:hush@127.0.0.1:1
has err 'ask http://127.0.0.1:1/api/v1/audit?warn=70&crit=90: connect: Connection refused; '
lacks err tea
lacks err hush
empty out

# healthcheck: one answer, 0 or 1.
run 1 healthcheck --from nowhere
has err 'kcommons: --from: no http:// at the front, expected http://host:port'
run 1 healthcheck --from http://127.0.0.1:1 --config.file x
has err '--from with --config.file, expected one of them'
run 1 healthcheck --web.listen-address :1
lines err 1
has err 'ask http://127.0.0.1:1/-/healthy: connect: Connection refused; '
KCOMMONS_WEB_LISTEN_ADDRESS=127.0.0.1:0 run 1 healthcheck
lines err 1
has err 'web.listen_address has port 0'
run 1 healthcheck --config.file "$work/missing.yaml"
lines err 1
has err 'missing.yaml: cannot be opened'
empty out

# list-metrics prints the table, and says so when it could not.
run 0 list-metrics
has out 'kcommons_pool_used'
if [ -w /dev/full ]; then
  label='kcommons list-metrics >/dev/full'
  code=0
  "$kcommons" list-metrics >/dev/full 2>"$work/err" || code=$?
  [ "$code" -eq 1 ] || complain "exit code $code, expected 1"
  has err 'No space left on device'
fi

[ "$failures" -eq 0 ]
