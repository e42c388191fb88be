#!/usr/bin/env bash
# What the launcher does before, around and after a build, in a copy of its files (its folder's name holds a space) with
# cmake, ninja, apt and their like replaced by stubs that write down how they were called.
# Usage: launcher_test.sh PROGRAM
set -euo pipefail
program=$1
source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset SLM_LAB_SETUP CI
root="$work/a clone" stubs=$work/stubs calls=$work/calls
mkdir -p "$root/slm_lab/cli" "$stubs"
cp -r "$source_root"/{slm-lab,setup,cmake,CMakeLists.txt,CMakePresets.json} "$root"
cp "$source_root/slm_lab/cli/main.cc" "$root/slm_lab/cli"
export calls

stub() { # name, script
  printf '#!/usr/bin/env bash\necho "%s $*" >>"$calls"\n%s\n' "$1" "$2" >"$stubs/$1"
  chmod +x "$stubs/$1"
}
# shellcheck disable=SC2016
{
  stub cmake 'mkdir -p build/release && touch build/release/build.ninja
    printf "CMAKE_HOME_DIRECTORY:INTERNAL=%s\nSLM_TESTS:BOOL=OFF\n" "$PWD" >build/release/CMakeCache.txt'
  stub ninja 'echo "[1/2] compiling"; cd "$2"
    [[ -z ${NINJA_WAITS:-} ]] || { echo >"$NINJA_WAITS"; sleep 60; }
    printf "#!/bin/sh\necho program: \"\$@\"\n" >slm-lab; chmod +x slm-lab'
  stub dpkg-query '[[ ! -f $calls.packages ]] && exit 1
    for name; do echo "installed $name"; done'
  stub apt-get 'case " $* " in *" install "*) touch "$calls.packages" ;; esac'
  stub sudo '[[ $1 == -n ]] && shift; "$@"'
  stub uname 'echo "${MACHINE:-Linux x86_64}"'
}
export PATH="$stubs:$PATH"

failures=0
status=0 output=''
launch() { # arguments...: sets status and output, both streams
  : >"$calls"
  status=0
  output=$("$root/slm-lab" "$@" 2>&1 </dev/null) || status=$?
}
expect() { # what, command...
  local what=$1
  shift
  "$@" && return
  failures=$((failures + 1))
  printf 'FAILED: %s\n  status %s, output:\n%s\n  calls:\n%s\n' "$what" "$status" "$output" "$(cat "$calls")"
}
says() { [[ $output == *"$1"* ]]; }
called() { grep -q -- "$1" "$calls"; }
ended() { [[ $status == "$1" ]]; }
nothing_called() { ! grep -qE '^(cmake|ninja|apt-get|sudo)' "$calls"; }

# Before anything is installed or built.
for words in --help -h help ''; do
  # shellcheck disable=SC2086
  launch $words
  expect "help '$words' needs no build" nothing_called
  expect "help '$words' names the commands" says 'benchmark'
  expect "help '$words' ends well" ended 0
done
launch --version
expect "--version needs no build" nothing_called
expect "--version is CMake's" says "$(sed -n 's/^project(slm-lab VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")"
launch trian x
expect "a misspelt command is refused" ended 2
expect "a misspelt command builds nothing" nothing_called
expect "a misspelt command is told the others" says 'trian: no such command; there are run'
launch run --help
expect "the help of a command needs no build" nothing_called
expect "the help of a command says what it does" says 'train, continue or play'
MACHINE="Linux aarch64" launch names
expect "another machine is refused" ended 3
expect "nothing is installed on another machine" nothing_called
expect "another machine is refused in words" says 'this machine is Linux aarch64'

# The launcher's commands are the program's.
listed=$("$root/slm-lab" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' | LC_ALL=C sort | xargs)
programs=$("$program" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p' | LC_ALL=C sort | xargs)
expect "the launcher lists '$listed', the program '$programs'" [ "$listed" == "$programs" ]

# The first command installs, configures without tests, builds and goes on; the second does nothing of this.
rm -rf "$root/build"
launch names env
expect "the first command ends well" ended 0
expect "packages are installed, with a limit on waiting for another apt" called 'apt-get -o DPkg::Lock::Timeout'
expect "no package of tests is installed" eval '! called libgtest'
expect "it configures without tests" called 'cmake --preset release -DSLM_TESTS=OFF'
expect "warnings are no errors for a user" eval '! called SLM_WERROR'
expect "the program runs, with its arguments" says 'program: names env'
launch names "two words"
expect "the second command builds nothing" nothing_called
expect "arguments stay whole" says 'program: names two words'
launch run spec.json name train
expect "a run builds nothing more" nothing_called

SLM_LAB_SETUP=skip SLM_PROGRESS_SECONDS=0 launch test --no-such
expect "progress is told in a pipe" says 'building (release): 1/2, '

# What changed is noticed.
touch -d '1 minute ago' "$root/slm_lab/cli/main.cc"
launch names
expect "a changed source is built" called ninja
expect "a changed source is not configured anew" eval '! called "cmake --preset"'
echo >>"$root/CMakePresets.json"
launch names
expect "changed presets are configured afresh" called 'cmake --preset release --fresh -DSLM_TESTS=OFF'
mv "$root" "$work/moved" && root=$work/moved
launch names
expect "a moved clone is configured anew" called 'cmake --preset release -DSLM_TESTS=OFF'
touch -d '2 minutes ago' "$root/slm_lab/cli/main.cc"
CI=true launch names
touch -d '3 minutes ago' "$root/slm_lab/cli/main.cc" && rm -r "$root/build/release"
CI=true launch names
expect "warnings are errors in CI" called 'SLM_WERROR=ON'

# Ctrl-C during a build, which reaches every process of the group.
touch -d '4 minutes ago' "$root/slm_lab/cli/main.cc"
mkfifo "$work/waits"
: >"$calls"
export NINJA_WAITS=$work/waits
set -m
"$root/slm-lab" names >"$work/interrupted" 2>&1 </dev/null &
set +m
launched=$!
read -r _ <"$work/waits"
kill -INT -- "-$launched"
status=0
wait "$launched" || status=$?
output=$(cat "$work/interrupted")
expect "an interrupted build ends with 130" ended 130
expect "an interrupted build says so" says 'interrupted while building (release)'
unset NINJA_WAITS
launch names
expect "after an interruption the build goes on" called ninja

# Parts: where the program lacks one, it becomes the launcher again, which installs the part, configures and builds, and
# repeats the command, with the program's name as the user gave it.
part=$root/.deps/toy
cp "$root/setup/parts.txt" "$work/parts.txt"
{
  echo "toy toy==1 toy-1.tar.gz $(echo toy | sha256sum | cut -d' ' -f1)   # a part of this test"
} >"$root/setup/parts.txt"
mkdir -p "$root/.deps/archives" && echo toy >"$root/.deps/archives/toy-1.tar.gz"
printf '#!/bin/sh\necho made >"$2/thing"\n' >"$root/setup/parts/toy.sh" && chmod +x "$root/setup/parts/toy.sh"
stub tar ':'
# shellcheck disable=SC2016
stub ninja 'cd "$2"
  printf "#!/bin/sh\necho \"program: \$* as \$SLM_LAB_LAUNCHER\"\n[ -f ../../.deps/toy/thing ] || [ -f \"\$SLM_LAB_ROOT/.deps/toy/thing\" ] || exec \"\$SLM_LAB_ROOT/slm-lab\" --with-part toy \"\$@\"\necho \"tried:\$SLM_LAB_PARTS_TRIED\"\n" >slm-lab'
launch run spec.json "two words" train
expect "a part that a command needs is installed" [ -f "$part/.stamp" ]
expect "a part is installed without the network" eval '! called pip'
expect "a new part is built with" eval '[[ $(grep -c ^ninja "$calls") == 2 ]]'
expect "the command is repeated after its part is there" says "program: run spec.json two words train as $root/slm-lab
tried: toy"
launch run spec.json name train
expect "with all parts there nothing is installed or built" nothing_called
expect "with all parts there none was tried" says 'tried:'
rm -r "$part"
SLM_LAB_SETUP=skip launch setup toy
expect "setup installs a part" [ -f "$part/.stamp" ]
echo '# changed' >>"$root/setup/parts/toy.sh"
launch names
expect "a part whose recipe has changed is made again" says 'building toy'
mv "$work/parts.txt" "$root/setup/parts.txt" && rm -r "$part" "$root/.deps/archives"

# Tests are configured when they are asked for, and repeated as often as is said.
stub ninja 'mkdir -p "$2"/{slm_lab,tests}
  printf "#!/bin/sh\nexit 0\n" >"$2/slm_lab/base_test"; printf "#!/bin/sh\necho \"[  FAILED  ] A.B (3 ms)\"; exit 1\n" >"$2/slm_lab/env_test"
  chmod +x "$2"/slm_lab/*_test'
export SLM_LAB_SETUP=skip  # of parts
for command in test bench lint setup; do
  launch "$command" --help
  expect "nothing is built for $command --help" eval 'nothing_called && says "slm-lab test --repeat N"'
done
launch test --repeat 3
expect "tests are configured when asked for" called 'cmake --preset release -DSLM_TESTS=ON'
expect "a repeated test that passes" says 'base_test: 3 times, no failure'
expect "a repeated test that fails is named" says 'env_test: 3 times, FAILED: 1 A.B'
expect "a failure counts" ended 1
launch test --repeat base
expect "how often must be a number" ended 2
launch test --repeat 3 bass
expect "an unknown layer is told the others" says 'bass_test: no such test program; there are '

unset SLM_LAB_SETUP

# A package that can't be had.
rm "$calls.packages"
stub apt-get 'exit 100'
launch names
expect "missing packages end with 3" ended 3
expect "missing packages are named with the line that installs them" says 'apt-get install --no-install-recommends'

# Parts: nothing is fetched for a name that is none, nor where the stamp fits.
launch setup
expect "setup lists the parts" says 'missing; install it with: ./slm-lab setup box2d'
expect "setup lists Ray" says 'missing; install it with: ./slm-lab setup ray'
expect "setup lists TensorBoard" says 'missing; install it with: ./slm-lab setup tensorboard'
launch setup boxtwo
expect "an unknown part is refused" ended 2
expect "an unknown part is told the others" says 'boxtwo: no such part; there are: box2d mujoco '
touch "$calls.packages"
mkdir -p "$root/.deps/archives" && echo broken >"$root/.deps/archives/box2d-py-2.3.8.tar.gz"
launch setup box2d
expect "an archive that is not the pinned one is refused" ended 5
expect "an archive that is not the pinned one is named" says 'box2d-py-2.3.8.tar.gz is not the archive'

# The documentation, with a MkDocs that builds, and one that found something wrong.
SLM_LAB_SETUP=skip launch docs
expect "without MkDocs nothing is built" ended 3
expect "a missing MkDocs is told with the line that installs it" says './slm-lab setup docs'
for words in --server "--serve 0" "--serve 99999"; do
  # shellcheck disable=SC2086
  launch docs $words
  expect "docs $words is refused" ended 2
done
mkdir -p "$root/.deps/docs/bin" && cp "$root/setup/docs.txt" "$root/.deps/docs/installed.txt"
printf '#!/bin/sh\necho "INFO - python $*"\n' >"$root/.deps/docs/bin/python" && chmod +x "$root/.deps/docs/bin/python"
launch docs
expect "the documentation is built" ended 0
expect "it says where the site is" says 'build/site/index.html'
expect "nothing else is built for it" nothing_called
expect "a warning fails the build" grep -q -- '--strict' "$root/build/docs.log"
printf '#!/bin/sh\necho "INFO - cleaning"; echo "WARNING - no such page"; exit 1\n' >"$root/.deps/docs/bin/python"
launch docs
expect "a broken page fails" ended 1
expect "what is wrong is shown" says 'WARNING - no such page'

((failures == 0)) && echo "all as expected"
