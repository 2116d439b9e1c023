#!/usr/bin/env bash
# The man pages and the completions are those of this program: each command, each flag of its --help,
# each key of config/kcommons.yaml, and each variable in /etc/default/kcommons. man and mandoc have no
# complaints, and each shell that is here completes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

require man mandoc

# --- man pages --------------------------------------------------------------------------------

page() {
  MANWIDTH=1000 man --warnings --local-file "$MADE/$1" 2>"$WORK/complaints" >"$WORK/$1"
  [[ ! -s $WORK/complaints ]] || wrong "man: $1: $(cat "$WORK/complaints")"
  mandoc -T lint -W error "$MADE/$1" >"$WORK/complaints" ||
    wrong "mandoc: $1: $(cat "$WORK/complaints")"
  grep -q "^kcommons $KCOMMONS_VERSION " "$WORK/$1" ||
    wrong "$1 is not of version $KCOMMONS_VERSION: $(tail -n 1 "$WORK/$1")"
}

# man_section COMMAND: what kcommons(1) says of it.
man_section() {
  awk -v heading="   kcommons $1" '
    /^ ? ? ?[^ ]/ { inside = $0 == heading || index($0, heading " ") == 1 }
    inside' "$WORK/kcommons.1"
}

# keys: those that have a value, with the keys above them.
keys() {
  awk 'match($0, /^ *[a-z_]+:/) {
      depth = (match($0, /[a-z]/) - 1) / 2
      key = $1; sub(/:.*/, "", key); names[depth] = key
      if ($0 !~ /:$/) {
        path = names[0]
        for (i = 1; i <= depth; i++) path = path "." names[i]
        print path
      }
    }' "$DEPLOY_ROOT/config/kcommons.yaml"
}

check_pages() {
  local command flag key count=0
  page kcommons.1
  page kcommons.yaml.5
  for command in $(commands); do
    man_section "$command" >"$WORK/section"
    [[ -s $WORK/section ]] || wrong "kcommons(1) has nothing of the command $command"
    for flag in $(flags "$command"); do
      grep -Eq -- "^ +(-[a-z], )?${flag//./\\.}( |\$)" "$WORK/section" ||
        wrong "kcommons(1) has no $flag of $command"
      count=$((count + 1))
    done
  done
  say "kcommons(1): $count flags of $(commands | wc -l) commands"
  count=0
  for key in $(keys); do
    grep -Eq "^ +${key//./\\.} \(default " "$WORK/kcommons.yaml.5" || wrong "kcommons.yaml(5) has no $key"
    count=$((count + 1))
  done
  say "kcommons.yaml(5): $count keys"
  ((count > 30)) || wrong "config/kcommons.yaml has more than $count keys"
}

check_default() {
  local variable
  for variable in $("$PROGRAM" serve --help | sed -n 's/.*\[.\(KCOMMONS_[A-Z_]*\)\]$/\1/p'); do
    # It is on the command line of the unit, which would win.
    [[ $variable != KCOMMONS_CONFIG_FILE ]] || continue
    grep -q "^#$variable=" "$DEPLOY_ROOT/deploy/packaging/kcommons.default" ||
      wrong "/etc/default/kcommons does not tell of $variable"
  done
}

# --- completions ------------------------------------------------------------------------------

# Each prints what a shell offers after these words, one a line, the last of them unfinished.

by_bash() {
  bash --norc -c '
    source "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _kcommons
    printf "%s\n" "${COMPREPLY[@]}"' - "$MADE/kcommons.bash" "$@"
}

by_fish() {
  HOME=$WORK fish --no-config --command "source $MADE/kcommons.fish; complete --do-complete \"$*\"" |
    cut -f 1
}

# In a terminal of its own, as there are no completions without; it shows them in columns.
by_zsh() {
  ZDOTDIR=$WORK HOME=$WORK zsh -f "$DEPLOY_ROOT/tests/deploy/complete.zsh" "$MADE" "$*"
}

# offers SHELL WORD... => EXPECTED...: all of those.
offers() {
  local shell=$1 words=() expected
  shift
  while [[ $1 != '=>' ]]; do
    words+=("$1")
    shift
  done
  shift
  "by_$shell" "${words[@]}" >"$WORK/offered"
  for expected in "$@"; do
    grep -Fxq -- "$expected" "$WORK/offered" ||
      wrong "$shell: no $expected after '${words[*]}', but $(tr '\n' ' ' <"$WORK/offered")"
  done
}

check_completions() {
  local shell=$1 command
  command -v "$shell" >/dev/null || {
    say "skipped: $shell is not installed"
    return
  }
  # shellcheck disable=SC2046
  {
    offers "$shell" kcommons '' '=>' $(commands)
    for command in $(commands); do
      offers "$shell" kcommons "$command" -- '=>' $(flags "$command")
    done
  }
  offers "$shell" kcommons top --by '' '=>' container uid unit process pod
  offers "$shell" kcommons top --resource inotify_ '=>' inotify_instances inotify_watches
  offers "$shell" kcommons audit -o '' '=>' table json markdown
  say "$shell completes"
}

check_pages
check_default
for shell in bash zsh fish; do check_completions "$shell"; done
finish
