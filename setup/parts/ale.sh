#!/usr/bin/env bash
# ale.sh SOURCE TARGET: ALE from its source archive, behind our C functions (setup/parts/ale/interface.cc) in one library
# that exports nothing else, and the ROMs of its Python package.
# made of: setup/parts/ale/interface.cc slm_lab/env/atari/ale_interface.h
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
source=$1/ale-py target=$2 build=$1/build
# Each emulator would spend some 40 ms on a table for averaged colours, which are never asked for here.
sed -i '/^  makeAveragePalette();$/d' "$source/src/ale/environment/phosphor_blend.cpp"
cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_PYTHON_LIB=OFF -DSDL_SUPPORT=OFF
cmake --build "$build" --target ale-lib
mkdir -p "$target"/{lib,roms}
g++ -std=c++17 -O3 -flto=auto -DNDEBUG -fPIC -shared -fvisibility=hidden -I"$root" -I"$source/src" -I"$build/src/ale" \
  "$root/setup/parts/ale/interface.cc" "$build/src/ale/libale.a" -Wl,--exclude-libs,ALL -lz -pthread -o "$target/lib/libslm_ale.so"
cp "$1"/ale-py/ale_py/roms/*.bin "$target/roms"
cp "$source/LICENSE.md" "$target/LICENSE"
