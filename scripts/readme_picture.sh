#!/usr/bin/env bash
# Draws README's picture anew with the program as it is: four sessions of PPO on CartPole, the first command of README.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
cd "$root"
"${SLM_LAB:-./slm-lab}" run slm_lab/spec/benchmark/ppo/ppo_cartpole.json ppo_cartpole train --data "$data"
cp "$data"/ppo_cartpole_*/ppo_cartpole_t0_trial_graph_mean_returns_vs_frames.png docs/images/ppo_cartpole.png
