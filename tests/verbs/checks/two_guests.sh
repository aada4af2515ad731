# Checks in two guests on one wire: ranks on two hosts.
. "$here/checks/library.sh"

odd="-b 12 -e 1500000 -f 7 -n 1 -w 0" # 3 to 352,947 elements

# Runs a job of $1 ranks a guest; rank 0 lies in guest 0.
job_of() { # job_of RANKS_EACH ARGS of treering-perf
  each=$1
  shift
  ranks=$((2 * each)) pids=
  for local in $(seq 0 $((each - 1))); do
    start $((GUEST_NUMBER * each + local)) "$perf" "$@"
    pids="$pids $pid"
  done
}

pair() {
  for collective in all_reduce broadcast sendrecv; do
    job=pair-$collective
    # shellcheck disable=SC2086  # words
    job_of 1 $collective --transport "$transport" $odd
    # shellcheck disable=SC2086  # words
    expect_successes $pids
    meet "$job"
  done
}

two_ranks_each() {
  job=two_ranks_each
  # shellcheck disable=SC2086  # words
  job_of 2 all_reduce $odd
  # shellcheck disable=SC2086  # words
  expect_successes $pids
  [ "$GUEST_NUMBER" = 1 ] || expect "1 over shared memory, 2 over " rank0
  [ "$GUEST_NUMBER" = 1 ] || [ "$transport" != verbs ] || expect "2 over verbs" rank0
}

# The guest whose memory cannot be locked warns, and all go by TCP.
little_locked_memory_falls_back() {
  job=little_locked_memory ranks=2
  if [ "$GUEST_NUMBER" = 0 ]; then
    # shellcheck disable=SC2086  # words
    start 0 "$perf" all_reduce $odd
    expect_successes "$pid"
    expect "1 over tcp" rank0
  else
    # shellcheck disable=SC2086  # words
    start 1 setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock sh -c 'ulimit -l 64 && exec "$@"' sh "$perf" all_reduce $odd
    expect_successes "$pid"
    expect "warning: RDMA is not used: no RDMA port can be used (rxe0 port 1: it cannot lock 65536 KiB of memory" rank1
    expect "raise it (ulimit -l unlimited" rank1
  fi
}

killed_peer() {
  job=killed_peer seconds=60
  # shellcheck disable=SC2086  # words
  job_of 1 all_reduce --transport "$transport" $odd -N 0
  if [ "$GUEST_NUMBER" = 0 ]; then
    await 201684 rank0
    meet running
    # shellcheck disable=SC2086  # words
    expect_failures $pids
    expect "rank 1 (host guest1, pid " rank0
  else
    meet running
    kill -KILL "$(inner "$pid")"
  fi
}

if [ "$transport" = verbs ]; then
  checks pair two_ranks_each killed_peer little_locked_memory_falls_back
else
  checks pair two_ranks_each killed_peer
fi
