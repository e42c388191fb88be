#!/bin/sh
# scripts/damage_runs.sh BUILD_FOLDER [DAMAGES]: damages the files of three runs, with a large replay and a long record, DAMAGES (10000)
# times each at random (a flipped bit, a cut, zeros, a copy of another file, a missing file) and sees that nothing damaged
# is taken for good.
set -eu
SLM_LAB_DAMAGES=${2:-10000}
export SLM_LAB_DAMAGES
exec "$(find "$1" -type f -name damage_test | head -n 1)"
