#!/bin/bash
# What guest.sh promises: exit statuses, output, variables, folders, two guests on one wire, an end without remains, and a
# reason where it cannot run. Exit status 77: skipped.
set -uo pipefail
guest=$(cd "$(dirname "$0")" && pwd)/guest.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp" "$work/out"
export TMPDIR=$work/tmp
failures=0

run() { # run ARGS of guest.sh: leaves $status, $out and $err
  "$guest" "$@" >"$work/stdout" 2>"$work/stderr"
  status=$?
  out=$(<"$work/stdout") err=$(<"$work/stderr")
}
expect() { # expect WHAT CONDITION...
  "${@:2}" && return
  echo "FAILED: $1 (status $status, stdout '$out', stderr '$err')" >&2
  failures=$((failures + 1))
}
is() { [[ $1 == "$2" ]]; }
has() { [[ $1 == *"$2"* ]]; }
left_nothing() { [[ -z $(ls -A "$work/tmp") ]] && ! has_guest; }
within() { # within SECONDS CONDITION...
  local deadline=$((SECONDS + $1))
  until "${@:2}"; do ((SECONDS < deadline)) && sleep 0.1 || return 1; done
}
has_guest() { pgrep -f "guest_run=$work/tmp" >/dev/null; }

echo "== wrong usage"
for arguments in "" "-g 3 true" "-p 0 true" "-t soon true" "-o $work/none true" "-e 1=2 true" "--never true" "-t"; do
  # shellcheck disable=SC2086  # words
  run $arguments
  expect "status of 'guest.sh $arguments'" is "$status" 2
  expect "the message says where to read on" has "$err" "see guest.sh --help"
done

echo "== a machine without QEMU"
mkdir "$work/without_qemu"
ln -s /usr/bin/* "$work/without_qemu/"
rm -f "$work/without_qemu/qemu-system-x86_64"
PATH=$work/without_qemu run true
expect "status" is "$status" 77
expect "the reason" has "$err" "SKIPPED: packages are missing: apt-get install --no-install-recommends qemu-system-x86"

echo "== one guest"
export PASSED_ON="it's here"
run -p 3 -e PASSED_ON -e "SET=a b" -o "$work/out" -- sh -c '
  echo "$PASSED_ON, $SET, $UNKNOWN, $GUEST_NUMBER of $GUEST_COUNT, $GUEST_PORTS, $GUEST_ADDRESSES, $(cat)"
  echo to stderr >&2
  echo written >"$0/file"
  echo gone >/usr/gone
  rdma link | grep -c ACTIVE
  exit 42' "$work/out"
if ((status == 77)); then
  echo "$err"
  exit 77
fi
expect "status" is "$status" 42
expect "stdout" is "$out" $'it\'s here, a b, , 0 of 1, 3, 192.168.77.1, \n3'
expect "stderr" is "$err" "to stderr"
expect "a shared folder is written to" is "$(cat "$work/out/file")" written
expect "nothing else is" test ! -e /usr/gone
expect "nothing is left behind" left_nothing

echo "== a machine without a network"
mkdir "$work/offline" # not the folder of links: what is written there goes to the programs themselves
printf '#!/bin/sh\necho "E: Failed to fetch" >&2\nexit 100\n' >"$work/offline/apt-get"
chmod +x "$work/offline/apt-get"
PATH=$work/offline:$PATH GUEST_CACHE=$work/cache run true
expect "status" is "$status" 77
expect "the reason" has "$err" "SKIPPED: cannot download linux-image-"
expect "no half-made image" is "$(ls "$work/cache")" lock

echo "== two guests"
run -g 2 -- sh -c '
  if [ $GUEST_NUMBER = 0 ]; then ibv_rc_pingpong -d rxe0 -g 1 -c -n 20 >/dev/null && sleep 2 && exit 0; exit 7; fi
  for try in 1 2 3 4 5 6 7 8 9; do ibv_rc_pingpong -d rxe1 -g 1 -c -n 20 guest0 2>/dev/null && exit 5; sleep 1; done'
expect "status is the first that is not 0" is "$status" 5
expect "lines say whose they are" has "$out" "[1] 20 iters in "
expect "nothing is left behind" left_nothing

echo "== a time limit"
run -t 1 sleep 1000
expect "status" is "$status" 124
expect "the reason" has "$err" "time limit of 1 s reached"
expect "nothing is left behind" left_nothing

echo "== killed"
"$guest" sleep 1000 &
within 20 has_guest || expect "a guest starts" false
kill -KILL $!
wait $! 2>/dev/null
expect "the guest ends with the launcher" within 20 eval '! has_guest'
touch -d "2 minutes ago" "$work"/tmp/*
run -t 1 true
expect "the next one clears up" left_nothing

((failures == 0)) && echo OK
exit $((failures > 0))
