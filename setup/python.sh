#!/usr/bin/env bash
# Makes .deps/venv from setup/requirements.txt, when it is not there as the file says. Only checks by outside validators
# need it; the program never runs Python.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/setup/packages.sh"

venv=$root/.deps/venv
cmp -s "$root/setup/requirements.txt" "$venv/installed.txt" && exit

install_packages "$root/setup/packages-parts.txt"
make_venv() {
  rm -rf "$venv"
  /usr/bin/python3 -m venv "$venv" &&
    "$venv/bin/pip" --disable-pip-version-check --no-cache-dir install --no-deps --require-hashes \
      --only-binary :all: -r "$root/setup/requirements.txt" &&
    cp "$root/setup/requirements.txt" "$venv/installed.txt"
}
make_build_folder
mkdir -p "$root/.deps"
log=$root/build/python.log
logged "installing a Python validator" "$log" make_venv || {
  tail -n 15 "$log" >&2
  die 3 "could not install setup/requirements.txt; the end of $log is above (is the network there?)"
}
