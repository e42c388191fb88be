#!/usr/bin/env bash
# with_gymnasium.sh SCRIPT...: runs a test with the Python of setup/python.sh. Where that is not installed, the test is
# skipped (77), except in CI.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$here/../.deps/venv/bin/python
if ! "$python" -c 'import gymnasium, safetensors' 2>/dev/null; then
  echo "no Gymnasium or no safetensors: run setup/python.sh"
  [[ -n ${CI:-} ]] && exit 1
  exit 77
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$python" "$here/$1" "${@:2}"
