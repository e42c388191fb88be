#!/usr/bin/env bash
# with_hub.sh SCRIPT...: runs a test with the client of the hub (./slm-lab setup hub). Without it the test is skipped (77).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$here/../.deps/hub/bin/python
if ! "$python" -c 'import huggingface_hub' 2>/dev/null; then
  echo "no client of the hub: run ./slm-lab setup hub"
  exit 77
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$python" "$here/$1" "${@:2}"
