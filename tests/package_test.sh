#!/usr/bin/env bash
# package_test.sh BUILD_FOLDER: what `pip install .` and `uv run` are made of (pyproject.toml, docs/python.md): the files that
# are installed are enough to work, and what is missing on the machine is named with the line that installs it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "FAIL: $1" && exit 1; }

cmake --install "$1" --component slm-lab --prefix "$scratch/prefix" >/dev/null
cd "$scratch"
SLM_LAB_ROOT=$scratch/prefix/share/slm-lab prefix/bin/slm-lab spec check slm_lab/spec/benchmark/ppo/ppo_cartpole.json >out 2>&1 ||
  fail "the installed program does not find the installed specs: $(<out)"
for part in driver worker; do
  [[ -f prefix/share/slm-lab/slm_lab/experiment/ray_$part.py ]] || fail "ray_$part.py is not installed"
done

configure() { # PATH, cmake arguments...: must fail, into the file out; with cxx as CXX, where it is set
  local cmake path=$1
  cmake=$(command -v cmake)
  shift
  if env CXX="${cxx:-}" PATH="$path" "$cmake" -S "$root" -B "$scratch/build" -G Ninja -DSLM_TESTS=OFF "$@" >out 2>&1; then fail "configured with $*"; fi
  rm -rf "$scratch/build"
}
configure "$PATH" -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON
grep -q 'apt-get install --no-install-recommends libfmt-dev libcli11-dev$' out || fail "two libraries are missing: $(<out)"

cxx=no-such-g++ configure "$PATH" # as pip does in Debian's Python
grep -q 'apt-get install --no-install-recommends g++ cmake .* libfmt-dev ' out || fail "CXX names no compiler: $(<out)"

mkdir bare
ln -s "$(command -v ninja)" bare/
configure "$scratch/bare" -DCMAKE_SYSTEM_IGNORE_PATH=/usr/bin
grep -q 'apt-get install --no-install-recommends g++ cmake .* libfmt-dev ' out || fail "no compiler: $(<out)"
