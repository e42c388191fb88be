# shellcheck shell=bash
# Sourced by the launcher and by the scripts of this folder: the root of the clone, messages, locks, commands with a log.
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

lock_or_wait() { # open file descriptor, what to say while waiting
  flock -n "$1" || {
    note "$2"
    flock "$1"
  }
}

# Ninja's "[34/120] ..." lines, and apt's, become one line that is rewritten in place on a terminal, and elsewhere a line
# every 15 seconds (tests set another interval).
show_progress() { # title, terminal or pipe
  local title=$1 where=$2 line='' at='' started=$SECONDS said=$SECONDS status
  while true; do
    IFS= read -r -t 5 line && status=0 || status=$?
    if ((status == 0)); then
      if [[ $line =~ ^\[([0-9]+/[0-9]+)\] ]]; then
        at=${BASH_REMATCH[1]}
      elif [[ $line =~ ^(Get:|Unpacking|Setting\ up) ]]; then
        at=${line:0:50}
      fi
    elif ((status <= 128)); then  # the end; above 128 nothing came for 5 seconds
      break
    fi
    if [[ $where == terminal ]]; then
      printf '\r\033[Kslm-lab: %s: %s' "$title" "$at" >&2
    elif ((SECONDS - said >= ${SLM_PROGRESS_SECONDS:-15})); then
      note "$title: ${at:+$at, }$((SECONDS - started)) s"
      said=$SECONDS
    fi
  done
  [[ $where != terminal ]] || printf '\r\033[K' >&2
}

# Runs a command with its output in a file and its progress on standard error. Interrupted, it says so and ends.
logged() { # title, log file, command...
  local title=$1 log=$2 where=pipe
  shift 2
  # shellcheck disable=SC2064  # the title of now
  trap "note $(printf %q "interrupted while $title; the same command goes on from there"); exit 130" INT
  if [[ -t 2 && ${TERM:-dumb} != dumb ]]; then
    where=terminal
    printf 'slm-lab: %s' "$title" >&2
  else
    note "$title (log: $log)"
  fi
  local status=0
  "$@" 2>&1 </dev/null | tee "$log" | show_progress "$title" "$where" || status=$?
  trap - INT
  return "$status"
}
