#!/usr/bin/env bash
# mujoco.sh SOURCE TARGET: the C library and its headers out of MuJoCo's Python package, and the bodies (MJCF) out of
# Gymnasium's. Nothing is compiled.
set -euo pipefail
source=$1 target=$2
mkdir -p "$target"/{include,lib,models}
cp "$source"/mujoco/mujoco/libmujoco.so.* "$target/lib"
cp -r "$source/mujoco/mujoco/include/mujoco" "$target/include"
cp "$source"/gymnasium/gymnasium/envs/mujoco/assets/*.xml "$target/models"
cp "$source"/mujoco/*.dist-info/licenses/LICENSE "$target/LICENSE"
cp "$source"/gymnasium/*.dist-info/licenses/LICENSE "$target/models/LICENSE"
