# shellcheck shell=bash disable=SC2154  # root: common.sh
# Sourced: optional parts. One is fetched, verified, unpacked and built into .deps/NAME, and stamped with what it was made
# from; when the stamp fits, nothing is done and no network is asked. Archives stay in .deps/archives for the next time.

part_rows() { # name: "package archive sha256" lines, one for each archive
  read_list 1 "$root/setup/parts.txt" | grep -qxF "$1" || return 1
  awk -v name="$1" '$1 == name {print $2, $3, $4}' "$root/setup/parts.txt"
}

part_stamp() { # name: what it is made from
  local file
  part_rows "$1"
  cksum <"$root/setup/parts/$1.sh"
  for file in $(sed -n 's/^# made of: //p' "$root/setup/parts/$1.sh"); do cksum <"$root/$file" || true; done
  g++ -dumpfullversion 2>/dev/null || true
}

part_is_ready() { # name
  [[ "$(cat "$root/.deps/$1/.stamp" 2>/dev/null)" == "$(part_stamp "$1")" ]]
}

# What is Python: an environment of its own with the packages of setup/NAME.txt, and no part that the program is built with.
python_parts=(ray gymnasium tensorboard hub docs)

is_python_part() { [[ " ${python_parts[*]} " == *" $1 "* ]]; }

python_part_is_ready() { # name
  venv_is_ready "$root/setup/$1.txt" "$root/.deps/$1"
}

# With the python3 of the PATH: all nodes of a cluster need the same one, and users may add packages of their own to it.
install_python_part() { # name
  local name=$1 log=$root/build/setup-$1.log
  refuse_other_machines
  make_build_folder
  mkdir -p "$root/.deps"
  (
    lock_or_wait 7 "another slm-lab is installing parts; waiting for it"
    if python_part_is_ready "$name"; then exit; fi
    install_packages "$root/setup/packages-parts.txt"
    python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null ||
      die 3 "$name: there is no Python 3.10 to 3.13 as python3 ($(python3 --version 2>&1 || true))"
    logged "installing $name" "$log" make_venv "$root/setup/$name.txt" "$root/.deps/$name" python3 || {
      tail -n 15 "$log" >&2
      die 3 "could not install setup/$name.txt; the end of $log is above (is the network there?)"
    }
  ) 7>"$root/.deps/.lock"
}

python_part_use() { # name
  case $1 in
    ray) echo "for searches on a cluster (Apache-2.0)" ;;
    gymnasium) echo "for environments in Python (MIT)" ;;
    tensorboard) echo "to look at runs in a browser (Apache-2.0)" ;;
    docs) echo "for the documentation as a site (BSD, MIT)" ;;
    hub) echo "for push, pull and list --remote (Apache-2.0)" ;;
  esac
}

list_parts() {
  local name state
  for name in $(read_list 1 "$root/setup/parts.txt" | uniq); do
    state="missing; install it with: ./slm-lab setup $name"
    if part_is_ready "$name"; then state="ready"; fi
    printf '%-8s %s (%s)\n' "$name" "$(sed -n "s/^$name .*# //p" "$root/setup/parts.txt" | head -n 1)" "$state"
  done
  for name in "${python_parts[@]}"; do
    state="missing; install it with: ./slm-lab setup $name"
    if python_part_is_ready "$name"; then state="ready"; fi
    printf '%-8s %s %s (%s)\n' "$name" "$(sed -n "s/^[a-z_]*$name==\([0-9.]*\).*/${name^} \1/p" "$root/setup/$name.txt")," "$(python_part_use "$name")" "$state"
  done
}

fetch_archive() { # package==version, archive, sha256
  local archives=$root/.deps/archives pip=$root/.deps/pip
  local -a kind=(--no-binary :all: --no-build-isolation)  # asks a source archive for its metadata, after the hash fits
  if [[ $2 =~ -cp3([0-9]+)-(cp[0-9]+)-([a-z0-9_]+)[.a-z0-9_]*\.whl$ ]]; then  # for a Python that need not be ours
    kind=(--only-binary :all: --python-version "3.${BASH_REMATCH[1]}" --implementation cp --abi "${BASH_REMATCH[2]}"
      --platform "${BASH_REMATCH[3]}")
  elif [[ $2 == *.whl ]]; then
    kind=(--only-binary :all: --ignore-requires-python)
  fi
  if ! cmp -s "$root/setup/parts/pip.txt" "$pip/installed.txt"; then
    rm -rf "$pip" &&
      python3 -m venv "$pip" &&
      "$pip/bin/pip" --disable-pip-version-check --no-cache-dir install --no-deps --require-hashes --only-binary :all: \
        -r "$root/setup/parts/pip.txt" &&
      cp "$root/setup/parts/pip.txt" "$pip/installed.txt" || return
  fi
  printf '%s --hash=sha256:%s\n' "$1" "$3" >"$archives/wanted.txt"
  "$pip/bin/pip" --disable-pip-version-check --no-cache-dir download --no-deps --require-hashes "${kind[@]}" \
    --dest "$archives" -r "$archives/wanted.txt" && rm "$archives/wanted.txt"
}

unpack_part() { # archive, folder
  case $1 in
    *.whl) python3 -m zipfile -e "$1" "$2" ;;
    *) tar -xzf "$1" -C "$2" --strip-components 1 ;;
  esac
}

# Puts an archive that is the pinned one into .deps/archives.
have_archive() { # part, package==version, archive, sha256
  local file=$root/.deps/archives/$3 log=$root/build/setup-$1.log
  if [[ ! -f $file ]]; then
    install_packages "$root/setup/packages-parts.txt"
    logged "fetching $2" "$log" fetch_archive "${@:2}" || {
      tail -n 15 "$log" >&2
      die 3 "could not fetch $2; the end of $log is above. Without a network, put $3 (of the Python package
index) into $root/.deps/archives and repeat the command."
    }
  fi
  echo "$4  $file" | sha256sum --check --status ||
    die 5 "$file is not the archive that setup/parts.txt names (its SHA-256 differs); remove it and repeat the command"
}

install_part() { # name
  local name=$1 log=$root/build/setup-$1.log work=$root/.deps/$1.new package archive sha256
  while read -r package archive sha256; do
    have_archive "$name" "$package" "$archive" "$sha256" </dev/null || exit
  done < <(part_rows "$name")

  rm -rf "$work" && mkdir -p "$work/part"
  build_part() {
    while read -r package archive _; do
      mkdir -p "$work/source/${package%%==*}" &&
        unpack_part "$root/.deps/archives/$archive" "$work/source/${package%%==*}" || return
    done < <(part_rows "$name")
    "$root/setup/parts/$name.sh" "$work/source" "$work/part"
  }
  logged "building $name" "$log" build_part || {
    tail -n 30 "$log" >&2
    die 1 "could not build $name; the end of $log is above"
  }
  part_stamp "$name" >"$work/part/.stamp"
  rm -rf "${root:?}/.deps/$name"
  mv "$work/part" "$root/.deps/$name" && rm -rf "$work"
}

install_parts() { # name...: those that are not ready
  local name
  local -a missing=()
  for name; do
    if is_python_part "$name"; then
      python_part_is_ready "$name" || install_python_part "$name"
    else
      part_is_ready "$name" || missing+=("$name")
    fi
  done
  ((${#missing[@]})) || return 0
  refuse_other_machines
  make_build_folder
  mkdir -p "$root/.deps/archives"
  (
    lock_or_wait 7 "another slm-lab is installing parts; waiting for it"
    install_packages "$root/setup/packages.txt"
    for name in "${missing[@]}"; do
      part_is_ready "$name" || install_part "$name"
    done
  ) 7>"$root/.deps/.lock"
}

install_every_part() {  # for tests, whose programs never become the launcher to install one
  local -a all
  mapfile -t all < <(read_list 1 "$root/setup/parts.txt" | uniq)
  export SLM_LAB_PARTS_TRIED="${all[*]} ${python_parts[*]}"
  [[ ${SLM_LAB_SETUP:-} == skip ]] || install_parts "${all[@]}"
}

# What a new version of slm-lab or of the compiler has made of the parts that are installed.
renew_parts() {
  local stamp
  for stamp in "$root"/.deps/*/.stamp; do
    stamp=${stamp%/.stamp}
    if part_rows "${stamp##*/}" >/dev/null; then install_parts "${stamp##*/}"; fi
  done
}

run_setup() { # [part...]
  (($#)) || { list_parts && exit; }
  local name
  for name; do
    is_python_part "$name" || part_rows "$name" >/dev/null ||
      die 2 "$name: no such part; there are: $(read_list 1 "$root/setup/parts.txt" | uniq | xargs) ${python_parts[*]}"
  done
  install_parts "$@"
  for name; do note "$name is ready in .deps/$name"; done
  exit
}
