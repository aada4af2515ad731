#!/bin/bash
# perf/run.sh ARGS: builds Treering if need be and runs `treering-perf ARGS`. Without ARGS: a checked all-reduce of 8 B to
# 64 MiB on as many ranks as there are cores.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

"$here/../cmake/build.sh" release treering-perf
if [[ $# -eq 0 ]]; then
  cores=$(nproc)
  set -- all_reduce -b 8 -e 64M -f 2 --np $((cores > 1 ? cores : 2))
fi
echo "Running treering-perf $*" >&2
exec "$here/../build/release/bin/treering-perf" "$@"
