# For checks, which run in a guest. From run.sh come: build (folder), transport, shared (a folder that both guests see), all
# (1: everything, else a selection), only (names of checks, if not all).

perf=$build/bin/treering-perf
export TREERING_CONSTANTS=none

# Runs functions of these names, each in a shell of its own that ends with the first command that fails.
checks() {
  failed=0
  for name in "$@"; do
    [ -z "$only" ] || case " $only " in *" $name "*) ;; *) continue ;; esac
    logs=$shared/$name.$GUEST_NUMBER
    mkdir -p "$logs"
    meet "begin-$name"
    began=$(date +%s)
    (set -e && cd "$logs" && "$name") >"$logs/log" 2>&1
    status=$?
    : >"$shared/end-$name.$GUEST_NUMBER"
    case $status in
      0) echo "ok $name ($(($(date +%s) - began)) s)" ;;
      77) echo "SKIPPED $name: $(tail -n 1 "$logs/log")" ;;
      *)
        failed=1
        echo "FAILED $name"
        tail -n 25 "$logs"/* >&2
        ;;
    esac
  done
  return $failed
}

# Waits until a command succeeds.
within() { # within SECONDS COMMAND...
  tries=$(($1 * 10))
  shift
  until "$@"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { echo "gave up waiting: $*"; return 1; }
    sleep 0.1
  done
}
await() { # await TEXT FILE: waits for what a rank writes
  within 60 grep -qsF -- "$1" "$2"
}

# Two guests wait for each other, unless the other one has failed.
meet() { # meet PLACE
  [ "$GUEST_COUNT" = 2 ] || return 0
  other=$((1 - GUEST_NUMBER))
  : >"$shared/$1.$GUEST_NUMBER"
  until [ -e "$shared/$1.$other" ]; do
    [ ! -e "$shared/end-$name.$other" ] || [ -e "$shared/$1.$other" ] || { echo "the other guest has given up"; return 1; }
    sleep 0.1
  done
}

expect() { # expect TEXT FILE
  grep -qF -- "$1" "$2" || { echo "\"$1\" is not in $2"; return 1; }
}
expect_not() { # expect_not TEXT FILE
  ! grep -F -- "$1" "$2" || { echo "\"$1\" is in $2"; return 1; }
}

# Starts a rank in the background as torchrun would; its output goes to the file rankRANK, its process id to $pid. Variables
# of the shell: job (a name of its own for each job), ranks, seconds (at most). Folders that guests share have no locks, by
# which a rank knows that a rendezvous is alive: the other guest takes the unique id out of the file that rank 0 leaves.
start() { # start RANK [NAME=VALUE...] PROGRAM ARGS
  number=$1
  shift
  meeting=$shared/$job
  mkdir -p "$meeting"
  if [ "$GUEST_NUMBER" = 0 ]; then
    set -- RANK="$number" LOCAL_RANK="$number" WORLD_SIZE="$ranks" TORCHELASTIC_RUN_ID="$job" \
      TREERING_RENDEZVOUS_DIRECTORY="$meeting" "$@"
  else
    within 60 is_there "$meeting/*.id"
    set -- TREERING_RANK="$number" TREERING_RANKS="$ranks" TREERING_ID="$(od -An -v -tx1 "$meeting"/*.id | tr -d ' \n')" "$@"
  fi
  timeout -k 5 "${seconds:-120}" env "$@" >"rank$number" 2>&1 &
  pid=$!
}

is_there() { [ -s "$(echo $1)" ]; }

# The program whose guard (timeout) is process $1.
inner() { cat "/proc/$1/task/$1/children"; }

# The ranks have all ended with an error, or all well.
expect_failures() { # expect_failures PID...
  expect_statuses 3 "$@"
}
expect_successes() { # expect_successes PID...
  expect_statuses 0 "$@"
}
expect_statuses() { # expect_statuses STATUS PID...
  wanted=$1 others=0
  shift
  for process in "$@"; do
    status=0
    wait "$process" || status=$?
    [ $status = "$wanted" ] || { others=1 && echo "process $process ended with status $status"; }
  done
  [ $others = 0 ]
}
