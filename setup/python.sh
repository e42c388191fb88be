#!/usr/bin/env bash
# Makes .deps/venv from setup/requirements.txt, when it is not there as the file says. Only checks by outside validators
# need it; the program never runs Python.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/setup/packages.sh"
source "$root/setup/venv.sh"

list=$root/setup/requirements.txt venv=$root/.deps/venv
venv_is_ready "$list" "$venv" && exit

install_packages "$root/setup/packages-parts.txt"
make_build_folder
mkdir -p "$root/.deps"
log=$root/build/python.log
logged "installing a Python validator" "$log" make_venv "$list" "$venv" /usr/bin/python3 || {
  tail -n 15 "$log" >&2
  die 3 "could not install setup/requirements.txt; the end of $log is above (is the network there?)"
}
