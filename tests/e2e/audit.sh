# shellcheck shell=bash
# `kcommons audit` in the state of an experiment: it names the culprit, those who fail, their error
# and the remedy, and the remedy ends the failure. Sourced after lib.sh and engine.sh.
#
# Environment: KCOMMONS, and KCOMMONS_E2E_SOURCE (default auto).

# What audit says now, in AUDIT as JSON and in AUDIT_STATUS as exit status.
audit_take() {
  AUDIT_STATUS=0
  # shellcheck disable=SC2034 # the status is for those who source this
  AUDIT=$("$KCOMMONS" audit --source "${KCOMMONS_E2E_SOURCE:-auto}" -o json) || AUDIT_STATUS=$?
}

# audit_has RESOURCE UID FILTER [JQ OPTION...]: whether of the pool, its finding or null and itself as
# {pool, finding}, the filter is true.
audit_has() {
  local resource=$1 uid=$2 filter=$3
  shift 3
  audit_take
  # shellcheck disable=SC2016 # variables of jq
  jq -e --arg resource "$resource" --arg uid "$uid" "$@" '
    def mine: .resource == $resource and .uid == $uid and (.userns == "" or .userns == "initial");
    {pool: ([.pools[] | select(mine)] | first), finding: ([.findings[] | select(mine)] | first)}
    | '"$filter" <<<"$AUDIT" >/dev/null
}

# audit_shows RESOURCE: prints the finding, as a person reads it.
audit_shows() {
  local text
  text=$("$KCOMMONS" audit --source "${KCOMMONS_E2E_SOURCE:-auto}" 2>&1) || true
  quote "$(awk -v of="$1 of" 'index($0, of) { on = 1 } on && !NF { exit } on' <<<"$text")"
}

# The command that audit gives for the pool, as it stands.
audit_remedy() {
  jq -er --arg resource "$1" --arg uid "$2" '.findings[]
    | select(.resource == $resource and .uid == $uid and (.userns == "" or .userns == "initial"))
    | .advice[] | select(.kind == "sysctl") | .command' <<<"$AUDIT"
}

# audit_apply RESOURCE UID: runs that command.
audit_apply() {
  local command
  command=$(audit_remedy "$1" "$2") || die "audit has no sysctl for $1: $AUDIT"
  say "the remedy that audit gives: $command"
  bash -c "$command" >/dev/null
}
