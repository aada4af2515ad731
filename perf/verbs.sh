#!/bin/sh
# perf/verbs.sh [ROUNDS]: two ports of a guest with Soft-RoCE (tests/verbs/guest.sh), in turns by perftest, UCX and Treering:
# what 8 bytes take one way, and what 64 MiB move at. Takes perftest and ucx-utils (Debian) and the build in build/release.
here=$(cd "$(dirname "$0")" && pwd)
perf=$here/../build/release/bin/treering-perf
if [ -z "$GUEST_NUMBER" ]; then
  for program in ib_write_lat ucx_perftest "$perf"; do
    command -v "$program" >/dev/null || { echo "perf/verbs.sh: $program is missing (Debian: perftest, ucx-utils; build first)"; exit 77; }
  done
  exec "$here/../tests/verbs/guest.sh" -t 900 -- sh "$0" "$@"
fi

export UCX_TLS=rc_verbs UCX_IB_GID_INDEX=1 UCX_UD_VERBS_ETH_DGID_CHECK=n TREERING_CONSTANTS=none
served() { # served SERVER CLIENT: runs a server, then its client; prints what the client says
  $1 >/tmp/server 2>&1 &
  sleep 2
  $2 2>&1
  wait
}
perftest() { # perftest PROGRAM OPTIONS: the line of figures
  served "timeout 60 $1 -d rxe1 -x 1 -F $2" "timeout 60 $1 -d rxe0 -x 1 -F $2 localhost" |
    awk '/^ *[0-9]+ +[0-9]+ +[0-9.]/ { line = $0 } END { print line }'
}
ucx() { # ucx TEST OPTIONS: the last line of figures
  served "env UCX_NET_DEVICES=rxe1:1 timeout 60 ucx_perftest -f -t $1 $2" \
    "env UCX_NET_DEVICES=rxe0:1 timeout 60 ucx_perftest localhost -f -t $1 $2" | grep -v '^[|+]' | tail -n 1
}
# A rank at each port. Each prints; rank 0's line of figures is wanted: size, ..., time in us.
treering() { # treering OPTIONS
  export TREERING_RENDEZVOUS_DIRECTORY=/run/perf
  number=$(date +%s%N)
  for rank in 1 0; do
    RANK=$rank LOCAL_RANK=$rank WORLD_SIZE=2 TORCHELASTIC_RUN_ID=$number TREERING_HCA="=rxe$rank" \
      timeout 100 "$perf" "$@" --transport "${transport:-verbs}" >/tmp/rank$rank 2>&1 &
  done
  wait
  grep -E '^ +[0-9]+ +[0-9]+ +float' /tmp/rank0 || cat /tmp/rank0 /tmp/rank1
}
mkdir -m 700 /run/perf

round=0
while [ $round -lt "${1:-3}" ]; do
  round=$((round + 1))
  echo "== round $round"
  echo "ib_write_lat, 8 B (min, max, typical, average us): $(perftest ib_write_lat '-s 8 -n 1000' | awk '{ print $3, $4, $5, $6 }')"
  echo "ib_send_lat, 8 B (min, max, typical, average us): $(perftest ib_send_lat '-s 8 -n 1000' | awk '{ print $3, $4, $5, $6 }')"
  echo "ucx_perftest tag_lat, 8 B (50 %, average, overall us): $(ucx tag_lat '-s 8 -n 1000 -w 100' | awk '{ print $2, $3, $4 }')"
  echo "ucx_perftest put_lat, 8 B (50 %, average, overall us): $(ucx ucp_put_lat '-s 8 -n 1000 -w 100' | awk '{ print $2, $3, $4 }')"
  echo "Treering sendrecv, 8 B:"; treering sendrecv -b 8 -e 8 -n 1000
  echo "Treering all_reduce, 8 B:"; treering all_reduce -b 8 -e 8 -n 1000
  echo "ib_write_bw, 64 KiB (peak, average MB/s of 2^20): $(perftest ib_write_bw '-s 65536 -n 500' | awk '{ print $3, $4 }')"
  echo "ib_write_bw, both ways (peak, average): $(perftest ib_write_bw '-b -s 65536 -n 500' | awk '{ print $3, $4 }')"
  echo "ucx_perftest tag_bw, 1 MiB (average, overall MB/s): $(ucx tag_bw '-s 1048576 -n 40 -w 5' | awk '{ print $5, $6 }')"
  echo "Treering broadcast, 64 MiB:"; treering broadcast -b ${bytes:-64M} -e ${bytes:-64M} -n 2
  echo "Treering all_reduce, 64 MiB:"; treering all_reduce -b ${bytes:-64M} -e ${bytes:-64M} -n 2
done
