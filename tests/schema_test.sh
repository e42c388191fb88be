#!/usr/bin/env bash
# Runs schema_test.py with the validator of setup/python.sh. Where that is not installed, the test is skipped (77),
# except in CI.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$here/../.deps/venv/bin/python
if [[ ! -f $here/../.deps/venv/installed.txt ]]; then
  echo "no validator: run setup/python.sh"
  [[ -n ${CI:-} ]] && exit 1
  exit 77
fi
exec "$python" "$here/schema_test.py" "$@"
