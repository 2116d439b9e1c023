# shellcheck shell=bash
# install_modules FOLDER: the programs of this folder and what they need of npm, in FOLDER, as
# package-lock.json has it. Skips the test where that cannot be had. To be sourced after what has
# `skip` and `die`.
install_modules() {
  local here
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  mkdir "$1"
  cp "$here"/{package.json,package-lock.json,*.mjs,*.ts} "$1"
  (cd "$1" && npm ci --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000) \
    >"$1/npm.log" 2>&1 || skip "npm ci failed: $(tail -n 3 "$1/npm.log")"
}
