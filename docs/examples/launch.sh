#!/bin/bash
# launch.sh RANKS PROGRAM [ARGUMENTS]: starts PROGRAM as so many ranks on this host. A launcher of one's own, whole.
set -euo pipefail
export TREERING_RANKS=$1
shift
TREERING_RENDEZVOUS_DIRECTORY=$(mktemp -d)  # of this job alone
export TREERING_RENDEZVOUS_DIRECTORY
trap 'rm -rf "$TREERING_RENDEZVOUS_DIRECTORY"' EXIT

processes=()
for ((rank = 0; rank < TREERING_RANKS; ++rank)); do
  TREERING_RANK=$rank TREERING_LOCAL_RANK=$rank "$@" &
  processes+=($!)
done
status=0
for process in "${processes[@]}"; do wait "$process" || status=$?; done
exit "$status"
