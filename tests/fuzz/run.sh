#!/bin/bash
# tests/fuzz/run.sh [SECONDS [TARGET...]]: builds the fuzz targets and runs each, or those named, for that long (60).
# Inputs that fail a target are left in build/fuzz/failures; what else was found is thrown away. 0 seconds: only builds.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
targets=("${@:2}")
if [[ ${#targets[@]} -eq 0 ]]; then
  mapfile -t targets < <(sed -n 's/^treering_fuzz(\([a-z_]*\) .*/\1/p' tests/fuzz/CMakeLists.txt)
fi
cmake/install-packages.sh clang libclang-rt-14-dev
cmake/build.sh fuzz "${targets[@]/%/_fuzz}"
[[ $seconds -gt 0 ]] || exit 0
mkdir -p build/fuzz/failures
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
status=0
for target in "${targets[@]}"; do
  echo "Fuzzing $target for $seconds s" >&2
  mkdir "$found/$target"
  if ! "build/fuzz/bin/${target}_fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
    -dict="tests/fuzz/$target.dict" -artifact_prefix="build/fuzz/failures/$target-" \
    "$found/$target" "tests/fuzz/corpus/$target" >"$found/log" 2>&1; then
    tail -n 40 "$found/log" >&2
    echo "$target failed: give it the input that lies in build/fuzz/failures" >&2
    status=1
  fi
  tail -n 1 "$found/log"
done
exit $status
