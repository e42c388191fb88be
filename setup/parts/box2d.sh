#!/usr/bin/env bash
# box2d.sh SOURCE TARGET: Box2D's own C++ files as a static library. No contraction and no reassociation: the trajectories
# must equal Gymnasium's, whose Box2D is compiled from the same files.
set -euo pipefail
source=$1/box2d-py target=$2
mkdir -p "$target"/{include,lib,objects}
cd "$source"
# This copy reports failed assertions as Python exceptions; ours throws C++'s.
sed -i -e 's/#include <Python.h>/#include <stdexcept>/' \
  -e 's/^#define b2Assert(A) if .*/#define b2Assert(A) if (!(A)) throw std::logic_error("Box2D: " #A)/' Box2D/Common/b2Settings.h
find Box2D -name '*.h' -exec cp --parents {} "$target/include" \;
cp Box2D/Box2D-License.txt "$target/LICENSE"
find Box2D -name '*.cpp' -print0 |
  xargs -0 -P "$(nproc)" -I {} sh -c \
    'g++ -O2 -DNDEBUG -fPIC -ffp-contract=off -w -I. -c "$1" -o "$2/objects/$(basename "$1" .cpp).o"' - {} "$target"
ar crs "$target/lib/libbox2d.a" "$target"/objects/*.o
rm -r "$target/objects"
