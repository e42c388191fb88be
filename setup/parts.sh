# shellcheck shell=bash disable=SC2154  # root: common.sh
# Sourced: optional parts. One is fetched, verified, unpacked and built into .deps/NAME, and stamped with what it was made
# from; when the stamp fits, nothing is done and no network is asked. Archives stay in .deps/archives for the next time.

part_row() { # name: "package archive sha256"
  read_list 1 "$root/setup/parts.txt" | grep -qxF "$1" || return 1
  awk -v name="$1" '$1 == name {print $2, $3, $4}' "$root/setup/parts.txt"
}

part_stamp() { # name: what it is made from
  part_row "$1"
  cksum <"$root/setup/parts/$1.sh"
  g++ -dumpfullversion 2>/dev/null || true
}

part_is_ready() { # name
  [[ "$(cat "$root/.deps/$1/.stamp" 2>/dev/null)" == "$(part_stamp "$1")" ]]
}

list_parts() {
  local name state
  for name in $(read_list 1 "$root/setup/parts.txt"); do
    state="missing; install it with: ./slm-lab setup $name"
    if part_is_ready "$name"; then state="ready"; fi
    printf '%-8s %s (%s)\n' "$name" "$(sed -n "s/^$name .*# //p" "$root/setup/parts.txt")" "$state"
  done
}

fetch_part() { # package==version, archive, sha256
  local archives=$root/.deps/archives pip=$root/.deps/pip kind=(--only-binary :all:)
  # pip asks a source archive for its metadata, after it has checked the hash.
  [[ $2 == *.whl ]] || kind=(--no-binary :all: --no-build-isolation)
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

install_part() { # name
  local name=$1 package archive sha256 log=$root/build/setup-$1.log work=$root/.deps/$1.new
  read -r package archive sha256 < <(part_row "$name")
  local file=$root/.deps/archives/$archive
  if [[ ! -f $file ]]; then
    install_packages "$root/setup/packages-parts.txt"
    logged "fetching $package" "$log" fetch_part "$package" "$archive" "$sha256" || {
      tail -n 15 "$log" >&2
      die 3 "could not fetch $package; the end of $log is above. Without a network, put $archive (of the Python package
index) into $root/.deps/archives and repeat the command."
    }
  fi
  echo "$sha256  $file" | sha256sum --check --status ||
    die 5 "$file is not the archive that setup/parts.txt names (its SHA-256 differs); remove it and repeat the command"

  rm -rf "$work" && mkdir -p "$work/source" "$work/part"
  build_part() { unpack_part "$file" "$work/source" && "$root/setup/parts/$name.sh" "$work/source" "$work/part"; }
  logged "building $name" "$log" build_part || {
    tail -n 30 "$log" >&2
    die 1 "could not build $name; the end of $log is above"
  }
  part_stamp "$name" >"$work/part/.stamp"
  rm -rf "${root:?}/.deps/$name"
  mv "$work/part" "$root/.deps/$name" && rm -rf "$work"
}

run_setup() { # [part...]
  (($#)) || { list_parts && exit; }
  local name
  for name; do
    part_row "$name" >/dev/null ||
      die 2 "$name: no such part; there are: $(read_list 1 "$root/setup/parts.txt" | xargs)"
  done
  refuse_other_machines
  make_build_folder
  mkdir -p "$root/.deps/archives"
  (
    lock_or_wait 7 "another slm-lab is installing parts; waiting for it"
    install_packages "$root/setup/packages.txt"
    for name; do
      part_is_ready "$name" || install_part "$name"
      note "$name is ready in .deps/$name"
    done
  ) 7>"$root/.deps/.lock"
  exit
}
