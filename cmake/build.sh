#!/bin/bash
# build.sh PRESET [TARGET...]: installs what is missing, configures and builds into build/PRESET. One line about each thing
# that it does; the log of what failed.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
shift
targets=("${@:-all}")

step() {  # step DESCRIPTION COMMAND...
  echo "$1" >&2
  local log=build/$preset/build.log
  if ! "${@:2}" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "$1: failed (the end of $log is above)" >&2
    exit 1
  fi
}

cmake/install-packages.sh
mkdir -p "build/$preset"
[[ -f build/$preset/build.ninja ]] || step "Configuring build/$preset" cmake --preset "$preset"
step "Building build/$preset (minutes the first time)" cmake --build --preset "$preset" --target "${targets[@]}"
