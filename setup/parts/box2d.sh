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
# It reads the clock nine times a step for a profile that nobody asks for.
sed -i 's/defined(__linux__) || defined (__APPLE__)/0/' Box2D/Common/b2Timer.cpp
# It walks over all bodies five times a step, and most of them are pieces of ground: an eighth of a step of BipedalWalker.
# The latest body comes first in its list, and our worlds get their ground first (env/box2d/body_parts.h), so what follows
# the first static body is static too: never in an island when a step begins, without forces, not moved. Only a time of
# impact leaves a mark on one (alpha0), and then on the body that hit it as well.
sed -i -e '/^void b2World::\(Solve\|ClearForces\)(/,/^}/ s/b2Body\* \([a-z]*\) = m_bodyList; \1;/b2Body* \1 = m_bodyList; \1 \&\& \1->m_type != b2_staticBody;/' \
  -e '/^void b2World::SolveTOI(/,/^}/ s/for (b2Body\* b = m_bodyList; b;/bool hit = false;\
    for (b2Body* b = m_bodyList; b \&\& ((hit = hit || b->m_sweep.alpha0 != 0) || b->m_type != b2_staticBody);/' \
  Box2D/Dynamics/b2World.cpp
find Box2D -name '*.h' -exec cp --parents {} "$target/include" \;
cp Box2D/Box2D-License.txt "$target/LICENSE"
find Box2D -name '*.cpp' -print0 |
  xargs -0 -P "$(nproc)" -I {} sh -c \
    'g++ -O2 -DNDEBUG -fPIC -ffp-contract=off -w -I. -c "$1" -o "$2/objects/$(basename "$1" .cpp).o"' - {} "$target"
ar crs "$target/lib/libbox2d.a" "$target"/objects/*.o
rm -r "$target/objects"
