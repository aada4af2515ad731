#!/bin/bash
# perf/compare.sh [FIRST [LAST [FACTOR [ROUNDS]]]]: all-reduce of float32 on two ranks of this host, Treering beside Open MPI
# (plain, and with UCX, whichever is faster), sizes in bytes. The programs take turns, ROUNDS times; medians are shown.
set -euo pipefail
cd "$(dirname "$0")/.."

first=${1:-8} last=${2:-134217728} factor=${3:-4} rounds=${4:-3}
samples=11
cmake/install-packages.sh openmpi-bin libopenmpi-dev python3
cmake/build.sh release treering-perf
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
mpicxx.openmpi -DOMPI_SKIP_MPICXX -O3 -march=native -std=c++20 -o "$results/mpi_all_reduce" perf/peers/mpi_all_reduce.cpp

mpi() {  # mpi OUTPUT OPTIONS...: a peer that cannot run here is left out of the comparison
  local output=$1
  shift
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun.openmpi --oversubscribe -n 2 "$@" \
    "$results/mpi_all_reduce" "$first" "$last" "$factor" "$samples" >>"$output" 2>"$output.log" ||
    echo "mpirun $* failed: $(head -n 1 "$output.log")" >&2
}

for ((round = 1; round <= rounds; ++round)); do
  echo "Round $round of $rounds" >&2
  build/release/bin/treering-perf all_reduce -b "$first" -e "$last" -f "$factor" -n "$samples" -w 3 -c 0 --np 2 \
    --csv "$results/treering.$round.csv" >/dev/null
  mpi "$results/ob1" --mca pml ob1
  mpi "$results/ucx" --mca pml ucx --mca opal_common_ucx_tls any --mca opal_common_ucx_devices any
done
python3 perf/compare.py "$results"
