# shellcheck shell=bash disable=SC2154  # root: common.sh
# Sourced: configure and compile, only when something has changed.

# One line that changes whenever a source, a build file or an installed package does: a file added, edited, replaced by
# an older one or deleted. Asking ninja instead would cost ten times as much at every start.
fingerprint() { # folder or file...
  {
    find "$@" -type f ! -path '*/spec/*.json' ! -path '*/golden/*' ! -path '*/fixtures/*' -printf '%p %s %T@\n'
    stat -c '%n %i %Y' /var/lib/dpkg/status 2>/dev/null || true
  } | LC_ALL=C sort | cksum
}

# As many compilers as there are cores and memory for: a file full of templates takes about 700 MB.
compile_jobs() {
  local cores kilobytes
  cores=$(nproc)
  kilobytes=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo 2>/dev/null || true)
  local fit=$((${kilobytes:-100000000} / 700000))
  ((fit >= 1)) || fit=1
  echo $((fit < cores ? fit : cores))
}

# What a build folder was configured from: ninja itself does not know of the presets.
presets() { cksum <"$root/CMakePresets.json"; }

configure() { # preset, cmake arguments...
  local preset=$1 dir=$root/build/$1
  shift
  local -a options=()
  if [[ -f $dir/CMakeCache.txt ]]; then
    # A clone that was moved, or a ccache that is gone, leaves a build folder that CMake can't go on with.
    local launcher
    launcher=$(sed -n 's/^CMAKE_CXX_COMPILER_LAUNCHER:[A-Z]*=//p' "$dir/CMakeCache.txt")
    if ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt" ||
      { [[ -n $launcher ]] && ! command -v "$launcher" >/dev/null; }; then
      rm -rf "$dir"
    elif [[ "$(presets)" != "$(cat "$dir/.presets" 2>/dev/null)" ]]; then
      options=(--fresh "-DSLM_TESTS=$(sed -n 's/^SLM_TESTS:BOOL=//p' "$dir/CMakeCache.txt")")
    fi
  fi
  # Who only trains needs no tests; who has asked for them once keeps them.
  [[ -f $dir/CMakeCache.txt ]] || options=(-DSLM_TESTS=OFF)
  [[ -z ${CI:-} ]] || options+=(-DSLM_WERROR=ON)
  [[ -f $dir/build.ninja && $# == 0 && ${options[0]:-} != --fresh ]] && return

  mkdir -p "$dir"
  cd "$root" || exit
  logged "configuring ($preset)" "$dir/configure.log" cmake --preset "$preset" "${options[@]}" "$@" || {
    tail -n 30 "$dir/configure.log" >&2
    die 3 "CMake could not configure; the end of $dir/configure.log is above"
  }
  presets >"$dir/.presets"
}

compile() { # preset, target
  local log=$root/build/$1/build.log
  logged "building ($1)" "$log" ninja -C "$root/build/$1" -j "$(compile_jobs)" "$2" || {
    # What failed first, with its errors; not the end of the log, where other files may still have been compiling.
    { grep -m1 -A25 '^FAILED:' "$log" || tail -n 30 "$log"; } >&2
    die 1 "the build failed; the whole log: $log"
  }
}

refuse_other_machines() {
  local machine
  machine=$(uname -sm)
  [[ $machine == "Linux x86_64" ]] ||
    die 3 "this machine is $machine; slm-lab runs on Linux x86_64 only (its kernels and its floating-point modes are written for it)"
}

# Brings a target up to date. One build at a time in a clone: a second launcher waits for the first and then finds
# nothing left to do.
ensure_built() { # preset, target, cmake arguments...
  local preset=$1 target=$2
  shift 2
  local -a sources=("$root"/{CMakeLists.txt,CMakePresets.json,cmake,setup,slm_lab})
  compgen -G "$root/.deps/*/.stamp" >/dev/null && sources+=("$root"/.deps/*/.stamp)
  [[ $target == slm-lab ]] || sources+=("$root"/{tests,bench})
  local stamp=$root/build/$preset/.built-$target
  is_fresh() { [[ -f $stamp && "$(<"$stamp")" == "$* $(fingerprint "${sources[@]}")" && -x $root/build/$preset/slm-lab ]]; }
  is_fresh "$@" && return

  make_build_folder
  (
    lock_or_wait 9 "another slm-lab is building; waiting for it"
    is_fresh "$@" && exit
    renew_parts
    # Taken before the build, so that what is edited during it is built the next time.
    built="$* $(fingerprint "${sources[@]}")"
    rm -f "$stamp"
    configure "$preset" "$@"
    compile "$preset" "$target"
    printf '%s\n' "$built" >"$stamp"
  ) 9>"$root/build/.lock"
}
