# Checks in one guest: ranks at the ports rxe0 and rxe1 of one kernel.
. "$here/checks/library.sh"

odd="-b 12 -e 1500000 -f 7 -n 1 -w 0" # 3 to 352,947 elements

# Without a device, tests are skipped, which is no failure to them.
contract() {
  timeout 200 "$build/bin/contract_test" --gtest_filter="*/$transport:*/${transport}_in_one_process" >tests || { cat tests; return 1; }
  [ "$(grep -c ' OK ' tests)" -ge 30 ] || { cat tests; return 1; }
}

collectives() { # collectives RANKS
  for collective in all_reduce broadcast reduce all_gather reduce_scatter scan exscan barrier sendrecv; do
    # shellcheck disable=SC2086  # words
    timeout 100 "$perf" "$collective" --np "$1" --transport "$transport" $odd
  done
}
collectives_of_2_ranks() { collectives 2; }
collectives_of_4_ranks() { collectives 4; }

# What moves in other ways: buffers that peers can write to, groups, other types and operators, an odd address.
ways() {
  for options in "-R 1" "-m 5" "-u 1 -d bfloat16 -o max" "-d int8 -o prod"; do
    # shellcheck disable=SC2086  # words
    timeout 100 "$perf" all_reduce --np 2 --transport "$transport" $odd $options
  done
}

algorithms() {
  for algorithm in ring two-tree recursive-doubling direct; do
    # shellcheck disable=SC2086  # words
    timeout 100 "$perf" all_reduce --np 3 --transport "$transport" --algorithm $algorithm $odd
  done
}

replay() {
  timeout 100 "$perf" replay "$here/checks/traffic.txt" --np 2 --transport "$transport" -n 2 -w 0
}

killed_peer() {
  ranks=4 job=killed_peer seconds=60
  for rank in 0 1 2 3; do
    # shellcheck disable=SC2086  # words
    start $rank "$perf" all_reduce --transport "$transport" $odd -N 0
    eval "pid$rank=$pid"
  done
  await 201684 rank0
  kill -KILL "$(inner "$pid2")"
  expect_failures "$pid0" "$pid1" "$pid3"
  for rank in 0 1 3; do expect "rank 2 (host guest0, pid " rank$rank; done
}

. "$here/checks/faults.sh"

if [ "$transport" = verbs ]; then
  faults="cut cable_back_in_time loss little_locked_memory"
else
  faults=
fi
if [ "$all" = 1 ]; then
  # shellcheck disable=SC2086  # words
  checks contract collectives_of_2_ranks collectives_of_4_ranks ways algorithms replay killed_peer $faults
else
  # shellcheck disable=SC2086  # words
  checks contract collectives_of_2_ranks killed_peer replay $faults
fi
