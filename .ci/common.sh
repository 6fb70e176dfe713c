# Sourced by ./quickstart and ./check: paths, lists of packages, and functions that install and configure.
set -euo pipefail
unset CDPATH # with it, cd prints its directory or goes elsewhere
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${XIBENCH_BUILD:-$root/build}
export CCACHE_BASEDIR=$root # all clones share the compiler cache
export CCACHE_SLOPPINESS=include_file_ctime,include_file_mtime # files of a fresh clone are as new as the compilation; their content counts all the same
python=/usr/bin/python3 # Debian's Python, which has the packages below; PATH may name another one first

build_packages=(g++ make cmake ninja-build ccache git libtorch-dev libopenblas0-pthread libopenmpi-dev openmpi-bin libhdf5-dev libtomlplusplus-dev
  nlohmann-json3-dev libcli11-dev libfmt-dev libeigen3-dev libssl-dev zlib1g-dev)
run_packages=(curl dataset-fashion-mnist python3-numpy python3-h5py python3-matplotlib python3-scipy hdf5-tools)
test_packages=(catch2 libbenchmark-dev python3-networkx python3-torch slurm-wlm munge shellcheck clang-format procps python3-yaml)
full_packages=(chromium chromium-driver python3-selenium clang-tidy libsimgrid-dev) # for ./check --full: the report in a browser, clang-tidy, simulated networks

say() { printf '\n== %s\n' "$*" >&2; }

# install_packages NAME...: installs the missing ones, as root or with sudo.
install_packages() {
  local missing=() name as_root=()
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing from Debian: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "packages are missing, and you are neither root nor have sudo; as root run: apt-get install ${missing[*]}" >&2; exit 2; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# configure [cmake options...]
configure() {
  say "configuring in $build"
  cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DPython3_EXECUTABLE=$python "$@" >"$build.configure.log" 2>&1 ||
    { cat "$build.configure.log" >&2; exit 1; }
  rm -f "$build.configure.log"
}
