# Faults of a wire and of a machine, over verbs: rank 0 is at rxe0, rank 1 at rxe1; the control plane is not on their wire.

pair() { # pair ARGS of treering-perf: starts both ranks; leaves $pid0 and $pid1
  ranks=2
  export TREERING_INTERFACES==lo
  start 0 TREERING_HCA==rxe0 "$perf" "$@" --transport verbs
  pid0=$pid
  start 1 TREERING_HCA==rxe1 "$perf" "$@" --transport verbs
  pid1=$pid
}

# Pulled in the middle of an operation, and never put back: both say whose link it was, and why.
cut() {
  job=cut
  export TREERING_RETRY_TIMEOUT=16 TREERING_RETRY_COUNT=3 # 1.1 s
  pair all_reduce -b 256K -e 256K -n 1 -N 0
  await " 262144 " rank0
  ip link set port1 down
  expect_failures "$pid0" "$pid1" || bad=1
  ip link set port1 up
  [ -z "$bad" ]
  for rank in 0 1; do grep -E "$lost" rank$rank; done
}
# One of both ends finds out first, and the other hears of it.
lost="lost the RDMA connection to rank (1 \(rxe0 port 1, 192.168.77.1 to 192.168.77.2|0 \(rxe1 port 1, 192.168.77.2 to 192.168.77.1): "

# Retries last 7.5 s. The far end of the cable: without its own interface, rxe finds no way to send and gives up at once.
cable_back_in_time() {
  job=cable_back_in_time
  pair all_reduce -b 256K -e 256K -n 1 -N 60
  await " 262144 " rank0
  ip link set plug1 down
  sleep 1
  ip link set plug1 up
  expect_successes "$pid0" "$pid1"
  expect "Out of bounds values : 0 OK" rank0
}

loss() {
  job=loss
  export TREERING_RETRY_TIMEOUT=16 # the last packet of a message is missed after 0.27 s
  for port in 0 1; do tc qdisc add dev port$port root netem loss 2%; done
  pair all_reduce -b 12 -e 210000 -f 7 -n 3
  expect_successes "$pid0" "$pid1" || bad=1
  tc -s qdisc show dev port0 | grep -o "dropped [0-9]*" | tee dropped
  for port in 0 1; do tc qdisc del dev port$port root; done
  [ -z "$bad" ]
  expect "Out of bounds values : 0 OK" rank0
  expect_not "dropped 0" dropped
}

with_little_locked_memory() {
  setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock sh -c 'ulimit -l 64 && exec "$@"' sh "$@"
}

# Verbs were asked for: there is no other way.
little_locked_memory() {
  with_little_locked_memory timeout 60 "$perf" all_reduce --np 2 --transport verbs -b 12 -e 12 >said 2>&1 && return 1
  cat said
  expect "rxe0 port 1: it cannot lock 65536 KiB of memory" said
  expect "there is a limit of 64 KiB on locked memory) raise it (ulimit -l unlimited" said
}
