# Faults of a wire and of a machine. rank 0 is at rxe0, rank 1 at rxe1; the control plane is at lo.

pair() { # pair ARGS of treering-perf: starts both ranks; leaves $pid0 and $pid1
  ranks=2
  export TREERING_INTERFACES==lo
  start 0 TREERING_HCA==rxe0 "$perf" "$@"
  pid0=$pid
  start 1 TREERING_HCA==rxe1 "$perf" "$@"
  pid1=$pid
}

# Pulled in the middle of an operation, and never put back.
cut() {
  job=cut
  pair all_reduce --transport verbs -b 256K -e 256K -n 1 -N 0
  await " 262144 " rank0
  ip link set port1 down
  expect_failures "$pid0" "$pid1" || bad=1
  ip link set port1 up
  [ -z "$bad" ]
  cat rank0 rank1 | grep 'treering-perf: rank'
  cat rank0 rank1 >both
  expect IBV_WC_RETRY_EXC_ERR both
}

cable_back_in_time() {
  job=cable_back
  pair all_reduce --transport verbs -b 256K -e 256K -n 1 -N 60
  await " 262144 " rank0
  ip link set port1 down
  sleep 1
  ip link set port1 up
  expect_successes "$pid0" "$pid1"
  expect "Out of bounds values : 0 OK" rank0
}

loss() {
  job=loss
  for port in 0 1; do tc qdisc add dev port$port root netem loss 2%; done
  pair all_reduce --transport verbs -b 12 -e 210000 -f 7 -n 3
  expect_successes "$pid0" "$pid1" || bad=1
  for port in 0 1; do tc qdisc del dev port$port root; done
  [ -z "$bad" ]
  expect "Out of bounds values : 0 OK" rank0
}

with_little_locked_memory() {
  setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock sh -c 'ulimit -l 64 && exec "$@"' sh "$@"
}

little_locked_memory() {
  with_little_locked_memory timeout 60 "$perf" all_reduce --np 2 --transport verbs -b 12 -e 12 >said 2>&1 && return 1
  cat said
  expect "ulimit -l" said
}
