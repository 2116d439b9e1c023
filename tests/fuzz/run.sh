#!/usr/bin/env bash
# Builds the targets of libFuzzer and runs each for a while: on a corpus that is made of tests/fixtures
# and of seeds/, and grows in build/fuzz/corpus. One line a target; inputs that break something are kept
# in build/fuzz/findings, and `build/fuzz/tests/fuzz/fuzz_TARGET FILE` runs one again.
#
#   tests/fuzz/run.sh [SECONDS] [TARGET...]     10 seconds each, of all targets
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
fixtures=$root/tests/fixtures
build=$root/build/fuzz
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

# The longest input, in bytes. A longer one of these finds no more and takes longer.
length_of() {
  case $1 in
    audit | incidents | recording) echo 16384 ;;
    exposition | procfs | config | answer | bolt) echo 2048 ;;
    *) echo 4096 ;;
  esac
}

# The files of tests/fixtures that a target begins with.
fixtures_of() {
  case $1 in
    audit) find "$fixtures/report" -name '*.json' ! -name 'incidents*' ! -name 'recording*' ;;
    cgroup) find "$fixtures/cgroup" -name '*.cgroup' ;;
    config) find "$fixtures/config" "$root/config" -name '*.yaml' ;;
    exposition) find "$fixtures/exposition" -name '*.txt' ;;
    identity_json) find "$fixtures/identity" -name '*.json' ;;
    identity_text) find "$fixtures/identity/proc" "$fixtures/identity/runtime" -name '*.txt' ;;
    recording) find "$fixtures/report" -name 'recording*' ;;
    incidents) find "$fixtures/report" -name 'incidents*' ;;
    procfs) find "$fixtures/procfs" -type f ;;
  esac
}

# Of these targets the first byte chooses what reads the rest: each file is there for all choices.
is_chooser() {
  case $1 in
    procfs | identity_json | identity_text | http) true ;;
    *) false ;;
  esac
}

# write_seed TARGET NAME <TEXT
write_seed() {
  local file=$build/corpus/$1/$2 letter
  if is_chooser "$1"; then
    cat >"$scratch/seed"
    for letter in {a..q}; do
      { printf %s "$letter" && cat "$scratch/seed"; } >"$file-$letter"
    done
  else
    cat >"$file"
  fi
}

# A line of seeds/TARGET.txt is one input, written as printf(1) has it.
make_corpus() {
  local target=$1 file line number=0
  mkdir -p "$build/corpus/$target"
  while read -r file; do
    # shellcheck disable=SC2094  # the name is read, not the file
    write_seed "$target" "$(basename "$file")" <"$file"
  done < <(fixtures_of "$target")
  [[ -f $here/seeds/$target.txt ]] || return 0
  while read -r line; do
    number=$((number + 1))
    printf '%b' "$line" | write_seed "$target" "seed-$number"
  done <"$here/seeds/$target.txt"
}

# The last number behind a word of libFuzzer's, such as "ft:".
last() {
  grep -o "$1 *[0-9]*" "$log" | tail -n 1 | grep -o '[0-9]*$'
}

run_target() {
  local target=$1 log=$scratch/$1.log arguments=()
  make_corpus "$target"
  [[ ! -f $here/seeds/$target.dict ]] || arguments+=("-dict=$here/seeds/$target.dict")
  if ! "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 \
    -max_len="$(length_of "$target")" \
    -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$build/findings/$target-" \
    "${arguments[@]}" "$build/corpus/$target" >"$log" 2>&1; then
    grep -Ev '^#|NEW_FUNC|^INFO' "$log" | tail -n 50 >&2
    say "$target: FINDING, see above; the input is kept in $build/findings"
    return 1
  fi
  printf '%-14s %9d runs %7d/s %6d features %5d new units\n' "$target" \
    "$(last stat::number_of_executed_units:)" "$(last stat::average_exec_per_sec:)" \
    "$(last ft:)" "$(last stat::new_units_added:)"
}

seconds=10
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  mapfile -t targets < <(find "$here" -name 'fuzz_*.cpp' | sed 's|.*/fuzz_||; s|\.cpp$||' | sort)
fi

cd "$root"
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}" -- --quiet
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$build/findings"
failed=()
for target in "${targets[@]}"; do
  run_target "$target" || failed+=("$target")
done
[[ ${#failed[@]} -eq 0 ]] || die "findings in: ${failed[*]}"
