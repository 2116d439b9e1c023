#!/usr/bin/env bash
# Builds without sanitizers and runs the unit tests under valgrind, and the daemon while it is scraped,
# reloaded and ended. No lane of run.sh: it takes half an hour. It finds what AddressSanitizer does not
# look for: values that were never set.
#
# Tests of [no-valgrind] call the kernel with senseless arguments or by what valgrind does not know, or
# count or limit descriptors, of which valgrind has its own.
#
#   sudo tests/valgrind/run.sh [LAYER...]     all layers and the daemon; of some, the unit tests alone
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

scratch=$(mktemp -d)
chmod 1777 "$scratch" # also for children that are root no more
trap 'rm -rf "$scratch"' EXIT
# A child that was forked is looked at too; a program that is executed is somebody else's. What it says goes
# to files: standard error is the daemon's, and of one of its tests nobody reads it.
VALGRIND=(env "LD_PRELOAD=$scratch/openat2.so" valgrind --quiet "--log-file=$scratch/said.%p" --error-exitcode=99
  --leak-check=full --errors-for-leak-kinds=definite)

need_root
cd "$root"
install_packages "${BUILD_PACKAGES[@]}" catch2 curl jq perl procps python3 valgrind
cmake --preset valgrind >/dev/null
cmake --build --preset valgrind -- --quiet
programs=("${@/#/unit_}")
if [[ $# -eq 0 ]]; then
  mapfile -t programs < <(find build/valgrind/tests/unit -name 'unit_*' -type f -executable -printf '%f\n' | sort)
fi
gcc -Wall -Wextra -O1 -shared -fPIC -o "$scratch/openat2.so" "$here/openat2.c"
failed=()

# run NAME COMMAND...
run() {
  local name=$1 begun=$SECONDS status=0
  shift
  rm -f "$scratch"/said.*
  "$@" >"$scratch/log" 2>&1 || status=$?
  if [[ $status -eq 0 ]]; then
    say "$name: clean ($((SECONDS - begun)) s)"
  else
    failed+=("$name")
    say "$name: FAILED with status $status"
    cat "$scratch/log" "$scratch"/said.* | sed 's/^/    | /'
  fi
}

for program in "${programs[@]}"; do
  run "$program" "${VALGRIND[@]}" build/valgrind/tests/unit/*/"$program" '~[no-valgrind]'
done

# What takes KCOMMONS for its program runs it under valgrind.
if [[ $# -eq 0 ]]; then
  printf '#!/usr/bin/env bash\nexec %s %q "$@"\n' "${VALGRIND[*]}" "$root/build/valgrind/cmd/kcommons/kcommons" \
    >"$scratch/kcommons"
  chmod +x "$scratch/kcommons"
  for name in golden live_scrape lifecycle incidents; do
    run "$name" env "KCOMMONS=$scratch/kcommons" \
      "KCOMMONS_EXPOSITION_CHECK=$root/build/valgrind/tests/exposition_check" \
      "KCOMMONS_INTEGRATION_BIN=$root/build/valgrind/tests/integration" "tests/integration/${name}_test.sh"
  done
fi
[[ ${#failed[@]} -eq 0 ]] || die "not clean: ${failed[*]}"
