#!/usr/bin/env bash
# `kcommons top` on a terminal, which is tmux: keys, filter, the way down from a pool to a file that is
# watched, another size, and that the terminal is as it was when it ends, whatever ends it; colours,
# poor terminals, hostile names; a daemon asked in place of the host, and one that does not answer.
#
# With KCOMMONS_CAPTURES=DIR it leaves there what the README shows: top-80x24.txt, top-pool-80x24.txt,
# top-wide.txt.
#
# Needs root and a cgroup hierarchy that it may write to. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly DESCRIPTORS=40
readonly WATCHES=25
# A user that nobody is.
readonly FRESH_UID=$((3700000 + $$ % 100000))
# 64 digits that nothing else on this machine has.
ID=$(printf '%016x%048x' "$(date +%s%N)" "$$")
readonly ID
readonly SHORT_ID=${ID:0:12}
# What a program may call itself.
readonly COMMAND=$'\e[31mevil'
readonly COMMAND_SHOWN='\\x1b\[31mevil'
# Of bcrypt, for "correct horse".
readonly PASSWORD='correct horse'
readonly SOCKET=$WORK/tmux

# --- the terminal -----------------------------------------------------------------------------

tmux_() {
  tmux -S "$SOCKET" -f /dev/null "$@"
}

has_no_terminal() {
  ! tmux_ list-sessions >/dev/null 2>&1
}

# A shell on a terminal of this size; what is written to it goes to $WORK/raw as well.
open_terminal() { # COLUMNS ROWS
  ! tmux_ kill-server 2>/dev/null || wait_for "end of the last terminal" has_no_terminal
  env -u NO_COLOR -u TMUX LC_ALL=C.UTF-8 PS1='ready> ' HISTFILE= \
    tmux -S "$SOCKET" -f /dev/null new-session -d -x "$1" -y "$2" bash --norc --noprofile
  tmux_ set-option -g window-size manual
  wait_for "shell" shows '^ready>'
  : >"$WORK/raw"
  tmux_ pipe-pane "cat >>$WORK/raw"
}

screen() {
  tmux_ capture-pane -p
}

shows() {
  grep -Eq -- "$1" < <(screen)
}

lacks() {
  ! shows "$1"
}

press() {
  tmux_ send-keys "$@"
}

# sees WHAT PATTERN: sooner or later.
sees() {
  if holds_within "$DEADLINE" shows "$2"; then
    say "ok: $1"
  else
    wrong "$1: nothing matches $2 on:"
    screen | sed 's/^/      | /' >&2
  fi
}

# run COMMAND...: typed into the shell of the terminal, with the modes of the terminal before and after
# it, and its exit status.
run() {
  local typed
  printf -v typed '%q ' "$@"
  rm -f "$WORK/status"
  press -l "clear; stty -g >$WORK/before; $typed; echo \$? >$WORK/status; stty -g >$WORK/after"
  press Enter
}

top() {
  run "$KCOMMONS" top --interval=1s
}

is_in_front() {
  [[ $(tmux_ display-message -p '#{alternate_on}') == "$1" ]]
}

# The terminal is as it was: its modes, the text of the shell, the cursor.
check_restored() { # WHAT
  if ! holds_within "$DEADLINE" test -s "$WORK/status" -a -s "$WORK/after"; then
    wrong "$1: it did not end"
    return
  fi
  expect "$1: exit status 0" test "$(cat "$WORK/status")" = 0
  expect "$1: the modes are what they were" diff "$WORK/before" "$WORK/after"
  expect "$1: the text of the shell is back" is_in_front 0
  expect "$1: the cursor is seen" test "$(tmux_ display-message -p '#{cursor_flag}')" = 1
}

# No line is wider than this; wide characters count as two.
fits() {
  test "$1" -ge "$(screen | LC_ALL=C.UTF-8 wc -L)"
}

keep() { # NAME
  [[ -z ${KCOMMONS_CAPTURES:-} ]] || screen >"$KCOMMONS_CAPTURES/$1"
}

# --- the checks -------------------------------------------------------------------------------

check_way_down() {
  open_terminal 80 24
  top
  sees "keys stand at the bottom" '^F1Help .*F10Quit'
  sees "bars and rows above them" '^HOLDER +FILES '
  expect "it has a screen of its own" is_in_front 1
  expect "no line is longer than 80 columns" fits 80
  press F4
  press -l "$SHORT_ID"
  sees "a filter leaves one row" "^1 of [0-9]+ containers and host groups with \"$SHORT_ID\""
  press Enter
  sees "it is the container's" "^$SHORT_ID +[0-9]+ +1 +$WATCHES "
  press Enter
  sees "its process is told, and its name is text" "^ *$HOLDER +$COMMAND_SHOWN +$FRESH_UID "
  press Enter
  sees "the process has an instance" "^ *[0-9]+ +$WATCHES\$"
  press Enter
  sees "the instance has watches" "^$WATCHES watches, by WD"
  sees "with their paths" " $WORK/holder/0\$"
  press Escape
  sees "back at the instances" '^1 inotify instance,'
  press BSpace
  sees "back at the processes" '^1 process,'
  press Escape
  sees "back at the holders" "^1 of [0-9]+ containers"
  press Escape
  sees "the filter is gone" '^[0-9]+ containers and host groups, by FILES'
}

check_pool() {
  press F5
  sees "every pool" '^POOL +USED +LIMIT +USE%'
  press /
  press -l "inotify_watches uid $FRESH_UID"
  press Enter
  press Enter
  sees "the pool of the user" "inotify_watches uid $FRESH_UID: $WATCHES of [0-9]+ used"
  sees "who fails next" "^Fails next  1 share it: $SHORT_ID"
  sees "with which error" '^Error +ENOSPC: '
  sees "who holds it" "^$SHORT_ID +$WATCHES +[0-9.]+% +100\.0%"
  press b
  sees "grouped otherwise" '^by pod'
  press BTab
  press Escape Escape
}

check_keys() {
  press F1
  sees "help" '^any other key goes back'
  press x
  sees "and back" '^F1Help '
  press p
  sees "a pause is told" 'PAUSED'
  press p
  press d
  press -l 0.5
  press Enter
  sees "an interval is taken" 'every 0\.5 s'
  press F6
  sees "sorted by another column" ', by INOTIFY'
}

check_sizes() {
  tmux_ resize-window -x 200 -y 50
  sees "more columns on a wide terminal" '^HOLDER .* PIDS +USERPROCS'
  expect "the keys are on its last line" test "$(screen | sed -n '50s/^\(F1Help\).*/\1/p')" = F1Help
  expect "no line is longer than 200 columns" fits 200
  tmux_ resize-window -x 40 -y 10
  sees "few keys on a small one" '^F1Help .*F10Quit'
  holds_within "$DEADLINE" fits 40 || wrong "a line is longer than 40 columns"
  sees "and rows" '^HOLDER'
  tmux_ resize-window -x 80 -y 24
  sees "and back" '^F1Help F2By F3Search'
}

# Of a tree that looks like /proc, where every number is known: what the README shows.
check_pages() {
  local letter
  mkdir "$WORK/tree"
  "$KCOMMONS_INTEGRATION_BIN/fixture_tree" "$WORK/tree"
  name_container a shop-web-1
  name_container b shop-indexer-1
  for letter in c d e f; do name_container "$letter" "shop-$letter-1"; done
  open_terminal 80 24
  run "$KCOMMONS" top --source=procfs "--path.procfs=$WORK/tree" "--path.sysfs=$WORK/tree/sys" \
    "--path.rootfs=$WORK/root"
  sees "a bar" '^open_files +\[\|+ +\] +600/1000 +60\.0%$'
  sees "another one" '^inotify_watches uid 1001 +\[\|+ +\] +2600/5000 +52\.0%$'
  sees "a container by its name" '^shop-indexer-1 +29 +1 +2600 +6$'
  expect "no line is longer than 80 columns" fits 80
  keep top-80x24.txt
  press Down Enter
  sees "who fails next" '^Fails next  1 share it: shop-indexer-1$'
  sees "of what they share" '^shop-indexer-1 +2600 +52\.0% +100\.0% +0$'
  keep top-pool-80x24.txt
  press Escape
  tmux_ resize-window -x 120 -y 30
  sees "bars side by side" '^open_files .*\] +600/1000 +60\.0%   [a-z]'
  sees "all columns" '^shop-indexer-1 +29 +1 +2600 +6 +6 +6$'
  expect "no line is longer than 120 columns" fits 120
  keep top-wide.txt
  press q
  check_restored "q"
}

name_container() { # LETTER NAME
  local id
  id=$(printf "$1%.0s" {1..64})
  mkdir -p "$WORK/root/var/lib/docker/containers/$id"
  jq -n --arg id "$id" --arg name "/$2" '{ID: $id, Name: $name, Config: {Image: "shop:1"}}' \
    >"$WORK/root/var/lib/docker/containers/$id/config.v2.json"
}

check_ends() {
  press q
  check_restored "q"
  top
  sees "it runs" '^F1Help '
  pkill_top TERM
  check_restored "SIGTERM"
  top
  sees "it runs" '^F1Help '
  press C-c
  check_restored "Ctrl-C"
  top
  sees "it runs" '^F1Help '
  press C-z
  sees "it is stopped" 'Stopped'
  expect "the shell has its text back" is_in_front 0
  press -l fg
  press Enter
  sees "it goes on" '^F1Help '
  press F10
  sees "and ends" '^ready>'
  expect "the text of the shell is back" is_in_front 0
}

# The one that runs on the terminal.
pkill_top() {
  local shell pid
  shell=$(tmux_ display-message -p '#{pane_pid}')
  pid=$(ps --ppid "$shell" -o pid= | tr -d ' ')
  kill "-$1" "$pid"
}

# Of colours, and nothing else: sequences that choose one.
colours() {
  grep -Pc '\e\[([0-9]+;)*(3[0-79]|4[0-79]|9[0-7])(;[0-9]+)*m' "$WORK/raw" || true
}

check_terminals() {
  open_terminal 80 24
  top
  sees "it runs" '^F1Help '
  press q
  check_restored "q"
  expect "there are colours" test "$(colours)" -gt 0
  : >"$WORK/raw"
  run env NO_COLOR=1 "$KCOMMONS" top --by process
  sees "with NO_COLOR" '^F1Help '
  press F4
  press -l evil
  sees "a hostile name" "$COMMAND_SHOWN"
  press Escape q
  check_restored "q"
  expect "there are none, of the name neither" test "$(colours)" = 0
  run env TERM=vt100 "$KCOMMONS" top
  sees "a terminal without colours" '^F1Help '
  press q
  check_restored "vt100"
  run env LC_ALL=C "$KCOMMONS" top
  sees "one without UTF-8" '^F1Help '
  expect "has ASCII alone" test "$(screen | LC_ALL=C grep -c '[^ -~]')" = 0
  press q
  check_restored "without UTF-8"
  run env TERM=dumb "$KCOMMONS" top
  sees "a dumb terminal gets a table once" '^\(fullest pool\) '
  check_restored "dumb"
  # ncurses keeps what it made for a terminal that it then does not know: a leak to LeakSanitizer.
  run env TERM=nonsense-42 LSAN_OPTIONS=exitcode=0 bash -c "'$KCOMMONS' top 2>'$WORK/unknown.err'"
  sees "one that is not known as well" '^\(fullest pool\) '
  check_restored "unknown"
  expect_line "and is told why" \
    '^kcommons: open the terminal: "nonsense-42" \(TERM\) is not known here; printing once' \
    "$WORK/unknown.err"
  "$KCOMMONS" top >"$WORK/piped" 2>/dev/null
  expect_line "and so does a pipe" '^\(fullest pool\) ' "$WORK/piped"
  expect "without codes of a terminal" test "$(grep -c $'\e' "$WORK/piped")" = 0
}

# What the daemon tells on its paths is what top shows of it.
check_from() {
  local password
  # shellcheck disable=SC2016 # of bcrypt
  printf 'basic_auth_users:\n  me: %s\n' "$(hash_of "$PASSWORD")" >"$WORK/web.yaml"
  run_exporter "--web.config.file=$WORK/web.yaml"
  local at=${URL#http://} url=http://me@${URL#http://}
  export KCOMMONS_PASSWORD=$PASSWORD
  holds_within "$DEADLINE" same_json "$url" || wrong "top --from says what the API says"
  expect "the API has the container's watches" test "$(jq --arg id "$ID" '[.rows[]
    | select(.who.container_id == $id and .resource == "inotify_watches" and .userns == "initial").used]
    | add' "$WORK/top")" = "$WATCHES"
  curl -fsS --max-time 10 -u "me:$PASSWORD" -o "$WORK/scrape" "$URL/metrics"
  expect_line "and so has /metrics" \
    "^kcommons_container_used\{resource=\"inotify_watches\",userns=\"initial\",.*container_id=\"$ID\".*\} $WATCHES\$" \
    "$WORK/scrape"
  open_terminal 80 24
  run env "KCOMMONS_PASSWORD=$PASSWORD" "$KCOMMONS" top "--from=$url"
  press F4
  press -l "$SHORT_ID"
  sees "the live view as well" "^$SHORT_ID +[0-9]+ +1 +$WATCHES "
  press Enter Enter
  sees "with its process" "^ *$HOLDER +$COMMAND_SHOWN "
  press Enter
  sees "and its instance" "^ +- +$WATCHES\$"
  press q
  check_restored "--from"
  for password in wrong ''; do
    run env "KCOMMONS_PASSWORD=" "$KCOMMONS" top "--from=http://me:${password:-%20}@$at"
    sees "a wrong password is told" 'status 401: unauthorized'
    sees "with what to do" 'user and a password'
    press q
    check_restored "401"
  done
  STATUS=0
  KCOMMONS_PASSWORD='' "$KCOMMONS" top --once "--from=$url" >"$WORK/top" 2>"$WORK/top.err" || STATUS=$?
  expect "a user without a password: exit status $STATUS" test "$STATUS" = 2
  expect_line "and where it may be given" 'KCOMMONS_PASSWORD' "$WORK/top.err"
  unset KCOMMONS_PASSWORD
  stop "$EXPORTER"
}

hash_of() {
  # shellcheck disable=SC2016 # of bcrypt
  perl -e 'print crypt($ARGV[0], q($2b$04$abcdefghijklmnopqrstuu))' "$1"
}

same_json() { # URL
  "$KCOMMONS" top --once "--from=$1" -o json >"$WORK/top" 2>"$WORK/top.err" &&
    curl -fsS --max-time 10 -u "me:$PASSWORD" -o "$WORK/api" "$URL/api/v1/holders" &&
    cmp -s "$WORK/top" "$WORK/api"
}

# A daemon that takes connections and says nothing.
check_silent() {
  local port=
  port=$(free_port)
  # shellcheck disable=SC2016 # perl's variables
  start "$WORK/silent.out" "$WORK/silent.err" perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 9,
      ReuseAddr => 1) or die; print "ready\n"; close STDOUT; sleep 600' "$port"
  wait_for "silent server" grep -q ready "$WORK/silent.out"
  run "$KCOMMONS" top "--from=http://127.0.0.1:$port"
  sees "it waits and says so" 'waiting [1-9][0-9]* s'
  press F1
  sees "keys do not wait" '^any other key goes back'
  press x q
  check_restored "a silent daemon"
  stop "$STARTED"
}

[[ $EUID -eq 0 ]] || skip "root is needed, to be another user and to see every process: sudo $0"
for program in tmux setpriv jq curl perl ps; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
trap 'tmux_ kill-server 2>/dev/null || true; clean_up' EXIT

mkdir "$WORK/holder"
chown "$FRESH_UID" "$WORK/holder"
cp "$KCOMMONS_INTEGRATION_BIN/integration_holder" "$WORK/$COMMAND"
chmod 755 "$WORK/$COMMAND"
start_holder holder "$ID" setpriv "--reuid=$FRESH_UID" "--regid=$FRESH_UID" --clear-groups \
  "$WORK/$COMMAND" "$DESCRIPTORS" "$WATCHES" "$WORK/holder"

check_way_down
check_pool
check_keys
check_sizes
check_ends
check_pages
check_terminals
check_from
check_silent
finish
