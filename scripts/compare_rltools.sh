#!/usr/bin/env bash
# scripts/compare_rltools.sh RLTOOLS_CHECKOUT [RUNS]: trains Pendulum with SAC by this program and by RLtools' own CPU example,
# in turn on one core: 10,000 steps, batch 100, two hidden layers of 64, one update of everything per step. Prints the
# seconds of every run and the medians. RLtools is built as its example's benchmark is, with OpenBLAS (libopenblas-dev).
set -euo pipefail
rltools=$1 runs=${2:-5}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE  # they would choose a slower kernel
export OPENBLAS_NUM_THREADS=1
core=$(($(nproc) - 1))

for tuning in native generic; do
  g++ -std=c++17 -Ofast -DNDEBUG -march=native -mtune=$tuning -I "$rltools/include" -DBENCHMARK -DRL_TOOLS_DISABLE_HDF5 \
    -DRL_TOOLS_DISABLE_TENSORBOARD -DRL_TOOLS_BACKEND_ENABLE_OPENBLAS -DRL_TOOLS_BACKEND_ENABLE_BLAS \
    "$rltools/src/rl/environments/pendulum/sac/cpu/training.cpp" -o "$work/rltools_$tuning" -lopenblas -lpthread
done
"$here/slm-lab" version >/dev/null # builds when stale

ours() {
  "$here/slm-lab" run benchmark/sac/sac_pendulum.json sac_pendulum_10k train --threads 1 --data "$work/data" \
    --log-level error >/dev/null 2>&1
  sed -n 's/^ *"seconds": \([0-9.]*\),*$/\1/p' "$work"/data/*/info/*_trial_metrics.json
  rm -rf "$work/data"
}
median() { sort -n | awk '{v[NR] = $1} END {print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2}'; }

for ((run = 0; run < runs; ++run)); do
  taskset -c "$core" bash -c "$(declare -f ours); here='$here' work='$work' ours" >>"$work/ours"
  for tuning in native generic; do
    taskset -c "$core" "$work/rltools_$tuning" | sed -n 's/^Time: \([0-9.]*\)s$/\1/p' >>"$work/rltools_$tuning.txt"
  done
done
for name in ours rltools_native.txt rltools_generic.txt; do
  printf '%-24s median %6.3f s   all: %s\n' "$name" "$(median <"$work/$name")" "$(tr '\n' ' ' <"$work/$name")"
done
