# shellcheck shell=bash
# Sourced by the launcher and by the scripts of this folder: the root of the clone, messages, commands with a log.
# Messages go to standard error; standard output belongs to the command that the user asked for.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

note() { printf 'slm-lab: %s\n' "$*" >&2; }

die() { # exit code, message
  local code=$1
  shift
  note "$*"
  exit "$code"
}

make_build_folder() {
  { mkdir -p "$root/build" && [[ -w $root/build ]]; } 2>/dev/null ||
    die 4 "can't write $root/build: building needs a clone that this user may write to"
}

# Ninja's "[34/120] ..." lines, and apt's, become one line that is rewritten in place.
show_progress() { # title
  local line
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+/[0-9]+)\] ]]; then
      printf '\r\033[Kslm-lab: %s: %s' "$1" "${BASH_REMATCH[1]}" >&2
    elif [[ $line =~ ^(Get:|Unpacking|Setting\ up) ]]; then
      printf '\r\033[Kslm-lab: %s: %s' "$1" "${line:0:50}" >&2
    fi
  done
  printf '\r\033[K' >&2
}

# Runs a command with its output in a file. A terminal sees one line of progress, anything else one line in all.
logged() { # title, log file, command...
  local title=$1 log=$2
  shift 2
  if [[ -t 2 && ${TERM:-dumb} != dumb ]]; then
    printf 'slm-lab: %s' "$title" >&2
    "$@" 2>&1 </dev/null | tee "$log" | show_progress "$title"
  else
    note "$title (log: $log)"
    "$@" >"$log" 2>&1 </dev/null
  fi
}
