#!/bin/bash
# perf/compare.sh [OPTIONS]: Treering beside Open MPI, MPICH, Gloo and Intel MPI, and beside what this machine can do, in one
# run and in turns; prints medians and ratios, writes CSV, JSON and plots into perf/results/. --help lists the options.
#   perf/compare.sh --quick                                              all-reduce on 2 ranks, and a replay on 4: 8 minutes
#   perf/compare.sh --collective all_reduce --ranks 2 --transport shm    one case: a minute and a half
#   perf/compare.sh --ranks 2                                            everything on two ranks: half an hour
#   perf/compare.sh                                                      everything, also on 4 and 8 ranks: hours
set -euo pipefail
cd "$(dirname "$0")/.."

for word in "$@"; do
  [[ $word == -h || $word == --help ]] && PYTHONPATH=perf exec python3 -m compare --help
done
cmake/install-packages.sh openmpi-bin libopenmpi-dev mpich libmpich-dev libgloo-dev python3 python3-venv ||
  echo "Going on with the libraries that are here" >&2
cmake/build.sh release treering-perf
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=perf exec python3 -m compare "$@"
