# shellcheck shell=bash disable=SC2154  # root: common.sh
# Sourced: Debian packages. Does nothing, in milliseconds and without the network, when everything is installed.

read_list() { # file...: the package names in them
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e 's/[[:space:]]*$//' "$@"
}

missing_packages() { # file...
  local -a wanted
  mapfile -t wanted < <(read_list "$@")
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
  local package
  for package in "${wanted[@]}"; do
    [[ $'\n'$installed$'\n' == *$'\n'"installed $package"$'\n'* ]] || echo "$package"
  done
}

apt_install() { # package...: with the package lists as they are, else with fresh ones
  local -a as_root=("$as_root_with" env DEBIAN_FRONTEND=noninteractive)
  [[ -n $as_root_with ]] || as_root=(env DEBIAN_FRONTEND=noninteractive)
  local -a install=("${as_root[@]}" apt-get install -y --no-install-recommends "$@")
  "${install[@]}" || { "${as_root[@]}" apt-get update && "${install[@]}"; }
}

install_packages() { # file...
  [[ ${SLM_LAB_SETUP:-} != skip ]] || return 0
  command -v dpkg-query >/dev/null || return 0  # not Debian: CMake names what is missing
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
  if ! logged "installing ${#missing[@]} Debian packages" "$log" apt_install "${missing[@]}"; then
    tail -n 15 "$log" >&2
    die 3 "could not install: ${missing[*]}
The end of $log is above (is the network there?). To do it by hand, run as root
  $by_hand
and repeat the command."
  fi
}
