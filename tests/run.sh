#!/bin/bash
# tests/run.sh [--preset release|dev|asan|tsan] [ARGS of ctest]: builds everything and runs the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=release
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  exec sed -n '2s/^# //p' tests/run.sh
fi
if [[ ${1:-} == --preset ]]; then
  preset=${2:?--preset needs a name: release, dev, asan or tsan}
  shift 2
elif [[ ${1:-} == --preset=* ]]; then
  preset=${1#*=}
  shift
fi
case $preset in
  release | dev | asan | tsan) ;;
  *) echo "tests/run.sh: no preset $preset (there are release, dev, asan, tsan) choose one of them" >&2 && exit 2 ;;
esac

launchers=(openmpi-bin mpich openssh-client procps)
# Where there is systemd, it would start their daemons now and at every boot; without them, tests are skipped.
[[ -d /run/systemd/system ]] || launchers+=(openssh-server slurmctld slurmd slurm-client munge)
RUNLEVEL=1 cmake/install-packages.sh "${launchers[@]}"
cmake/build.sh "$preset"
tests/verbs/guest.sh --install || echo "Without a guest, tests of verbs are skipped" >&2
echo "Running the tests of build/$preset" >&2
exec ctest --test-dir "build/$preset" --output-on-failure -j2 "$@"
