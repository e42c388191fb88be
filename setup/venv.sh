# shellcheck shell=bash disable=SC2154  # root: common.sh
# Sourced: folders with a Python and the packages of a list in them, which pins each by version and SHA-256.

venv_is_ready() { # list, folder
  cmp -s "$1" "$2/installed.txt"
}

make_venv() { # list, folder, Python
  rm -rf "$2"
  "$3" -m venv "$2" &&
    "$2/bin/pip" --disable-pip-version-check --no-cache-dir install --no-deps --require-hashes --only-binary :all: \
      -r "$1" &&
    cp "$1" "$2/installed.txt"
}
