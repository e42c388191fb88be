#!/usr/bin/env bash
# Fuzzes a reader with libFuzzer: scripts/fuzz.sh [TARGET] [SECONDS], as scripts/fuzz.sh spec 60. Needs clang 16 (Debian:
# clang-16) and the packages of setup/packages.txt. Findings are left in build/fuzz/TARGET.
set -euo pipefail
target=${1:-spec} seconds=${2:-60}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
clang=${CXX:-clang++-16}
command -v "$clang" > /dev/null || { echo "fuzz.sh: no $clang; apt-get install clang-16 libclang-rt-16-dev" >&2; exit 3; }
[[ -f $root/tests/fuzz/${target}_fuzzer.cc ]] || { echo "fuzz.sh: no tests/fuzz/${target}_fuzzer.cc" >&2; exit 2; }

# The layers below the readers, once for all targets, without their tests and without what needs an instruction set of its
# own.
folder=$root/build/fuzz/$target layers=$root/build/fuzz/layers
mkdir -p "$folder/corpus" "$layers"
cmake -DSOURCE="$root" -DOUTPUT="$layers/slm_lab/base/revision.h" -P "$root/cmake/revision.cmake"
compile() {
  [[ $2 -nt $1 ]] && return
  "$clang" -std=c++20 -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -I"$root" -I"$layers" \
    -isystem /usr/include/eigen3 -DSLM_VERSION='"fuzz"' -DSLM_BUILD_TYPE='"fuzz"' -DSLM_COMPILER='"clang"' \
    -DSLM_SOURCE_DIR="\"$root\"" -c "$1" -o "$2"
}
objects=()
while IFS= read -r source; do
  object=$layers/$(basename "$(dirname "$source")")_$(basename "$source" .cc).o
  objects+=("$object")
  compile "$source" "$object" &
  while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n; done
done < <(find "$root"/slm_lab/base "$root"/slm_lab/spec -name '*.cc' ! -name '*_test.cc')
compile "$root/tests/fuzz/${target}_fuzzer.cc" "$folder/fuzzer.o"
wait
"$clang" -fsanitize=fuzzer,address,undefined "${objects[@]}" "$folder/fuzzer.o" -lfmt -lcrypto -lxxhash -lpthread -o "$folder/fuzzer"
cd "$folder"
exec ./fuzzer -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 corpus "$root/tests/fuzz/corpus/$target"
