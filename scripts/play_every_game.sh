#!/usr/bin/env bash
# play_every_game.sh [STEPS]: every Atari game at random, 1,000 steps each unless told; names those that fail. Some minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
steps=${1:-1000} failed=0 played=0
for game in $(build/release/slm-lab names env | grep -o 'ALE/[A-Za-z0-9]*-v5'); do
  played=$((played + 1))
  build/release/slm-lab rollout "$game" --policy random --steps "$steps" --kwarg stack_num=1 >/dev/null || {
    echo "$game failed" && failed=$((failed + 1))
  }
done
echo "$played games, $steps steps each, $failed failed"
((failed == 0))
