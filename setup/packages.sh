# shellcheck shell=bash disable=SC2154  # root: common.sh
# Sourced: packages of the distribution. Does nothing, in milliseconds and without the network, when all are installed.

read_list() { # column, file...: the package names in that column
  local column=$1
  shift
  sed 's/#.*//' "$@" | awk -v column="$column" '$column != "" {print $column}'
}

missing_packages() { # file...
  local -a wanted
  mapfile -t wanted < <(read_list 1 "$@")
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
  local package
  for package in "${wanted[@]}"; do
    [[ $'\n'$installed$'\n' == *$'\n'"installed $package"$'\n'* ]] || echo "$package"
  done
}

apt_install() { # package...: with the package lists as they are, else with fresh ones
  # Another apt may be at work, and a network may hang: each wait ends.
  local -a apt=(env DEBIAN_FRONTEND=noninteractive timeout --foreground 1200 apt-get
    -o DPkg::Lock::Timeout=300 -o Acquire::http::Timeout=60 -o Acquire::https::Timeout=60 -o Acquire::Retries=2)
  [[ -z $as_root_with ]] || apt=("$as_root_with" "${apt[@]}")
  local -a install=("${apt[@]}" install -y --no-install-recommends "$@")
  "${install[@]}" || { "${apt[@]}" update && "${install[@]}"; }
}

# Not Debian: nothing is installed, but what would be is named once, before the first build.
name_packages() { # file...
  local line=
  if command -v dnf >/dev/null; then
    line="sudo dnf install $(read_list 2 "$@" | xargs)"
  elif command -v pacman >/dev/null; then
    line="sudo pacman -S --needed $(read_list 3 "$@" | uniq | xargs)"
  elif command -v brew >/dev/null; then
    line="brew install $(read_list 4 "$@" | uniq | xargs)"
  fi
  [[ -d $root/build || -z $line ]] || note "not Debian; if the build misses something: $line"
}

install_packages() { # file...
  [[ ${SLM_LAB_SETUP:-} != skip ]] || return 0
  if ! command -v dpkg-query >/dev/null; then
    name_packages "$@"
    return 0
  fi
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0

  local by_hand="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  as_root_with=
  if ((EUID != 0)); then
    as_root_with=sudo
    # Without a terminal nobody can type a password.
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || { [[ -t 0 && -t 2 ]] && sudo -v; }; }; then
      die 3 "Debian packages are missing and this user can't install them (neither root nor sudo). As root, run
  $by_hand
and repeat the command. If they are installed by other means, set SLM_LAB_SETUP=skip."
    fi
  fi

  make_build_folder
  local log=$root/build/packages.log
  (
    lock_or_wait 8 "another slm-lab is installing packages; waiting for it"
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || exit 0
    logged "installing ${#missing[@]} Debian packages" "$log" apt_install "${missing[@]}" || {
      tail -n 15 "$log" >&2
      die 3 "could not install: ${missing[*]}
The end of $log is above (is the network there?). To do it by hand, run as root
  $by_hand
and repeat the command."
    }
  ) 8>"$root/build/.packages.lock"
}
