#!/bin/bash
# Installs what building Treering takes on Debian 12, and any packages named as arguments; only what is missing, as root or
# with sudo. Says nothing where nothing is missing.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config
  libfmt-dev libssl-dev libhwy-dev nlohmann-json3-dev  # the library
  libibverbs-dev libucx-dev                            # transports/verbs, transports/ucx
  libibnetdisc-dev libibmad-dev libibumad-dev          # tools: InfiniBand fabrics
  libcli11-dev libbenchmark-dev                        # perf/, tools/
  libpugixml-dev libhwloc-dev                          # tools: topology files, discovery
  libgtest-dev libgmock-dev valgrind python3 python3-jsonschema iproute2  # tests/
  ibsim-utils infiniband-diags                         # tests/: simulated fabrics
)

missing=()
for package in "${packages[@]}" "$@"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "Installing ${missing[*]}" >&2
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "Cannot install packages (not root, and there is no sudo): run as root  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "Could not install packages (apt-get's last words are above): install ${missing[*]} by hand" >&2
  exit 1
fi
