#!/usr/bin/env bash
# Runs tensorboard_test.py with the TensorBoard of ./slm-lab setup tensorboard. Where that is not installed, the test is
# skipped (77).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$here/../.deps/tensorboard/bin/python
if [[ ! -f $here/../.deps/tensorboard/installed.txt ]]; then
  echo "no TensorBoard: ./slm-lab setup tensorboard"
  exit 77
fi
exec "$python" "$here/tensorboard_test.py" "$@"
