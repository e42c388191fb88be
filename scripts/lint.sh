#!/usr/bin/env bash
# Form (clang-format) and habits (clang-tidy). With --fix: reformats instead of complaining; with --form: form alone.
# ./slm-lab lint installs the tools first. Prints nothing about what is in order.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../setup/common.sh"
source "$root/setup/build.sh"
cd "$root"

mapfile -t files < <(find slm_lab tests bench docs/examples -name '*.cc' -o -name '*.h' -o -name '*.inc' | LC_ALL=C sort)
if [[ ${1:-} == --fix ]]; then
  clang-format-14 -i "${files[@]}"
else
  clang-format-14 --dry-run -Werror "${files[@]}" || die 1 "form: run ./slm-lab lint --fix"
fi

[[ ${1:-} != --form ]] || exit 0

configure lint  # clang cannot read the headers that g++ precompiled
compile lint slm_revision  # a header that the build writes
scripts/check_habits.py build/lint || die 1 "habits: see the lines above (.clang-tidy lists the checks)"
note "${#files[@]} files in form, and no bad habit"
