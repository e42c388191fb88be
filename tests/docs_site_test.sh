#!/usr/bin/env bash
# Runs docs_site_test.py with the MkDocs of ./slm-lab docs. Where that is not installed, the test is skipped (77).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
docs=$here/../.deps/docs
if ! cmp -s "$docs/installed.txt" "$here/../setup/docs.txt"; then
  echo "no MkDocs, or another one: ./slm-lab setup docs"
  exit 77
fi
exec "$docs/bin/python" "$here/docs_site_test.py"
