#!/usr/bin/env bash
# The status page in a real browser, of a real daemon, while the machine is in the state of both of
# the article's experiments: one container has all open files and another fails with ENFILE, a third
# has all inotify watches of a user and a service of the host fails with it.
#
#   sudo tests/page/page_test.sh
#
# KCOMMONS_SCREENSHOTS=DIR keeps pictures of it there. The limits are lowered meanwhile, for a minute
# or two: programs without CAP_SYS_ADMIN may fail to open files. See tests/e2e/README.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR/../e2e source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=engine.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/engine.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=monitoring.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/monitoring.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=watches.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/watches.sh"

PAGE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly PAGE_DIR
E2E_PROGRAMS=(containerd dockerd docker runc busybox curl jq awk tar setpriv node npm chromium)

# Of each of the two processes of import-job, so that they can also take what other programs close.
readonly FILES_DESCRIPTORS=19500
readonly FILES_ROOM=31000
# What Chromium needs: its GPU process drops CAP_SYS_ADMIN and would be a victim too.
readonly FILES_OF_CHROMIUM=3000
# A user that nobody else is, so that no program of the machine shares the watches.
readonly WATCHER=64321
readonly UNIT=kcommons-e2e-victim.service
# A name that nobody would choose but to harm: HTML, quotes, control characters, and text that is
# written from right to left. Docker takes it as a label, as Kubernetes gave names to its containers.
readonly HOSTILE=$'<img src=x onerror="window.harmed=1">\'&amp;\x1b[31m\x01\u202e'

install_modules() {
  mkdir "$KCOMMONS_E2E_WORK/page"
  cp "$PAGE_DIR"/{package.json,package-lock.json,*.mjs} "$KCOMMONS_E2E_WORK/page"
  (cd "$KCOMMONS_E2E_WORK/page" &&
    npm ci --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000) \
    >"$KCOMMONS_E2E_WORK/npm.log" 2>&1 ||
    skip "npm ci failed: $(tail -n 3 "$KCOMMONS_E2E_WORK/npm.log")"
}

start_bystanders() {
  local name
  VICTIM=$(container_run --name shop-api -- /bin/e2e_hog open-loop /etc/passwd)
  for name in shop-db shop-web-1 shop-web-2; do
    container_run --name "$name" -- /bin/busybox sleep 600 >/dev/null
  done
  wait_for "$E2E_DEADLINE" "open file in shop-api" container_says "$VICTIM" '^open: OK$'
}

# The container that has all watches of its user, and who fails with it.
fill_watches() {
  local hog
  lower_max_user_watches
  hog=$(container_run --name docs-preview --user "$WATCHER" --tmpfs /watched -- \
    /bin/e2e_hog watches until-enospc /watched)
  wait_for "$E2E_DEADLINE" "full pool of watches" container_says "$hog" '^watches: [0-9]+ full$'
  unit_make "$UNIT"
  printf 'a line\n' >"$KCOMMONS_E2E_WORK/watched"
  chmod 644 "$KCOMMONS_E2E_WORK/watched"
  LC_ALL=C start "$KCOMMONS_E2E_WORK/tail.log" unit_exec "$UNIT" \
    setpriv --reuid "$WATCHER" --clear-groups tail -f "$KCOMMONS_E2E_WORK/watched"
  wait_for "$E2E_DEADLINE" "complaint of tail -f" \
    grep -q 'reverting to polling' "$KCOMMONS_E2E_WORK/tail.log"
  say "docs-preview has all inotify watches of uid $WATCHER, and tail -f fails in $UNIT"
}

fill_files() {
  local used hard
  hard=$(ulimit -Hn)
  [[ $hard == unlimited ]] || ((hard >= FILES_DESCRIPTORS)) ||
    skip "RLIMIT_NOFILE is $hard, $FILES_DESCRIPTORS are needed"
  read -r used _ </proc/sys/fs/file-nr
  FILES_LIMIT=$((used + FILES_ROOM))
  ((FILES_LIMIT < $(sysctl_get fs.file-max))) || skip "fs.file-max is already below $FILES_LIMIT"
  sysctl_set fs.file-max "$FILES_LIMIT"
  FILES_HOG=$(container_run --name import-job --ulimit nofile=$FILES_DESCRIPTORS:$FILES_DESCRIPTORS -- \
    /bin/sh -c '/bin/e2e_hog files 15000 & exec /bin/e2e_hog files until-enfile')
  wait_for "$E2E_DEADLINE" "full pool of files" container_says "$FILES_HOG" '^files: [0-9]+ full$'
  wait_for "$E2E_DEADLINE" "ENFILE in shop-api" container_says "$VICTIM" '^open: ENFILE'
  say "import-job has all open files, and shop-api fails with ENFILE"
}

# Not before the pictures are taken.
start_hostile() {
  container_run --name hostile --label io.kubernetes.docker.type=container \
    --label "io.kubernetes.container.name=$HOSTILE" \
    --label "io.kubernetes.pod.name=$HOSTILE" -- /bin/e2e_hog files 40 >/dev/null
  wait_for "$E2E_DEADLINE" "census with the hostile name" hostile_is_known "$1"
}

hostile_is_known() {
  grep -q 'harmed=1' < <(curl --noproxy '*' -fsS -H 'Accept: text/html' "$1?filter=onerror")
}

in_browser() {
  PAGE_URL=http://127.0.0.1:$1 PAGE_WATCHER=$WATCHER PAGE_UNIT=$UNIT PAGE_HOSTILE=$HOSTILE \
    HOME=$KCOMMONS_E2E_WORK node --test-reporter=spec "$KCOMMONS_E2E_WORK/page/$2.mjs" ||
    die "the page is not as it should be"
}

# An application that has what it wants takes no more; the pool stays all but full.
make_room_for_chromium() {
  engine pause "$FILES_HOG" >/dev/null
  sysctl_set fs.file-max "$((FILES_LIMIT + FILES_OF_CHROMIUM))"
}

# Both pools are full in the last census, and every name is known.
page_tells() {
  curl --noproxy '*' -fsS -H 'Accept: text/html' "$1" >"$KCOMMONS_E2E_WORK/page.html" || return 1
  (($(grep -o '<article class="finding full"' "$KCOMMONS_E2E_WORK/page.html" | wc -l) == 2)) &&
    grep -q '>import-job<' "$KCOMMONS_E2E_WORK/page.html" &&
    grep -q '>docs-preview<' "$KCOMMONS_E2E_WORK/page.html"
}

main() {
  require_exporter
  guarded_run fs.file-max "$WATCHES_SYSCTL" -- "$@"
  install_modules
  local port
  port=$(free_port)
  start_engine
  start_exporter "$port" "identity:
  roots: {docker: [$ENGINE_DIR/docker-data], containerd: [$ENGINE_DIR/containerd/state]}"
  start_bystanders
  fill_watches
  fill_files
  wait_for "$E2E_DEADLINE" "page with both findings" page_tells "http://127.0.0.1:$port/"
  make_room_for_chromium
  say "Chromium reads the page:"
  [[ -z ${KCOMMONS_SCREENSHOTS:-} ]] || in_browser "$port" pictures
  start_hostile "http://127.0.0.1:$port/"
  in_browser "$port" page_test
  sysctl_restore
  sysctl_assert_restored
}

main "$@"
