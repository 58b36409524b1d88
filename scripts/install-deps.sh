#!/usr/bin/env bash
# Installs the Debian packages that the build needs and this machine lacks. Does nothing, quickly, when none is missing.
# Usage: scripts/install-deps.sh [lint]
set -euo pipefail

packages=(
  cmake ninja-build g++ ccache
  libsimgrid-dev libboost-dev      # the clock and the flows
  libyaml-cpp-dev nlohmann-json3-dev libsimdjson-dev
  libsqlite3-dev                   # results of sweeps
  libcli11-dev libfmt-dev libeigen3-dev
  librandom123-dev                 # counter-based random streams
  zlib1g-dev liblzma-dev           # traces are read compressed
  catch2 libbenchmark-dev          # tests and benchmarks
  librapidcheck-dev                # tests that compare with a naive model
)
if [[ "${1:-}" == lint ]]; then packages+=(clang-format clang-tidy); fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "install-deps: no apt here; install the equivalents of: ${packages[*]}" >&2
  exit 0
fi

installed=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' 2>/dev/null) "
missing=()
for package in "${packages[@]}"; do
  [[ "$installed" == *" installed=$package "* ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then exit 0; fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "install-deps: run as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "install-deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
