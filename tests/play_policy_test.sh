#!/usr/bin/env bash
# Runs play_policy_test.py with the Python of setup/python.sh. Where that is not installed, the test is skipped (77),
# except in CI.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$here/../.deps/venv/bin/python
if ! "$python" -c 'import gymnasium' 2>/dev/null; then
  echo "no Gymnasium: run setup/python.sh"
  [[ -n ${CI:-} ]] && exit 1
  exit 77
fi
exec "$python" "$here/play_policy_test.py" "$@"
