#!/bin/bash
# guest.sh: runs a command in a throw-away virtual machine, the guest, that has RDMA devices.
#
#   tests/verbs/guest.sh [options] [--] COMMAND [ARGS...]
#   tests/verbs/guest.sh --check | --install | --help
#
# The guest is QEMU emulating x86-64 (neither KVM nor root is needed) under a Debian kernel with Soft-RoCE (rdma_rxe): real
# libibverbs without hardware, 30 to 50 times slower. Its root file system is this machine's, read-only under a layer in
# memory: what was built here runs there, in the current directory, and what it writes is gone at the end (but for -o).
# stdout and stderr are passed on, stdin is /dev/null; the exit status is COMMAND's.
#
#   -g GUESTS      1 (default) or 2 guests on one wire. With 2, COMMAND starts in both once both are up, neither is
#                  switched off before both have ended, each line of output starts with "[0] " or "[1] ", and the exit
#                  status is the first that was not 0
#   -p PORTS       RDMA ports of each guest, 1 to 9 (default 2)
#   -t SECONDS     time limit, boot included (default 300)
#   -e NAME=VALUE  set a variable for COMMAND; -e NAME passes on the caller's. COMMAND starts with HOME, LANG, PATH,
#                  GUEST_* and these only
#   -o FOLDER      share FOLDER for writing (same path inside); may be repeated
#   -v             show the kernel's messages and the boot time on stderr
#   --install      install the missing Debian packages and fetch the kernel
#   --check        boot, run a verbs ping-pong between two ports, print OK
#
# Exit status: COMMAND's, or 77: cannot run here (the reason is on stderr; a test is to be skipped), 124: time limit,
# 125: the guest failed, 2: usage.
#
# Inside: COMMAND is root, locked memory is unlimited. Port P is the interface portP with the RDMA device rxeP (active MTU
# 4096); guest G has the address 192.168.77.(10*G+P+1) there, as GID index 1 (RoCE v2, IPv4). Every portP is a veth into
# one bridge, "wire" (the far end is plugP; of two guests the wire goes on through eth0), and any port talks RDMA to any
# other, of the same guest too.
#   GUEST_NUMBER     number of this guest: 0 or 1; its host name is guest0 or guest1
#   GUEST_COUNT      number of guests
#   GUEST_PORTS      number of RDMA ports of each
#   GUEST_ADDRESSES  the address of port0 of each guest, by number, with a space between
# Faults to make inside:
#   ip link set port0 down                        pulls a cable
#   tc qdisc add dev port0 root netem loss 1%     loses packets (also: delay 5ms)
#   setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock sh -c 'ulimit -l 64; ...'
#                                                 limits locked memory to 64 KiB
#
# Environment: GUEST_CACHE (default: treering/guest in $XDG_CACHE_HOME or ~/.cache) keeps the kernel image, about 75 MB,
# made at the first use; GUEST_KERNEL_DEB names a kernel package to make it from instead of downloading Debian's;
# GUEST_ACCELERATOR (default tcg) is given to QEMU, for machines where "kvm" works.

set -u -o pipefail

say() { echo "guest.sh: $*" >&2; }
fail() { local status=$1; shift; say "$*"; exit "$status"; }
skip() { fail 77 "SKIPPED: $*"; }
usage() { fail 2 "$* (see guest.sh --help)"; }
quote() { printf "'%s' " "${@//\'/\'\\\'\'}"; }

parts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/guest
source "$parts/packages.sh"
source "$parts/image.sh"

# COMMAND as a shell script for the guest.
command_script() {
  local setting
  echo "cd $(quote "$PWD") || exit 125"
  printf 'exec env -i '
  for setting in "HOME=${HOME:-/root}" "LANG=${LANG:-C.UTF-8}" "PATH=$PATH" "${environment[@]}"; do
    quote "$setting"
  done
  for setting in NUMBER COUNT PORTS ADDRESSES; do
    printf 'GUEST_%s="$GUEST_%s" ' $setting $setting
  done
  quote "$@"
}

# Starts QEMU for one guest. It dies with this process (pdeathsig), even if that is killed without a chance to clean up. No
# AVX: masked loads of QEMU 7.2 fault where elements that are masked out lie in a page that is not there.
start_guest() { # NUMBER
  local number=$1 channel arguments boot index
  boot="console=ttyS0 panic=-1 mitigations=off apparmor=0 nowatchdog cryptomgr.notests tsc=reliable"
  ((verbose)) || boot+=" quiet"
  arguments=(
    -no-user-config -nodefaults -machine q35 -accel "${GUEST_ACCELERATOR:-tcg}" -cpu max,-avx,-avx2 -smp 2 -m 2G
    -display none -no-reboot -kernel "$image/vmlinux" -initrd "$image/initramfs"
    -append "$boot guest_number=$number guest_count=$guests guest_ports=$ports guest_run=$run"
    -virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap"
    -chardev "file,id=console,path=$run/console$number" -serial chardev:console
    -chardev "file,id=status,path=$run/status" -device virtio-serial-pci
    -device virtserialport,chardev=status,name=status)
  for channel in out err; do
    arguments+=(-chardev "file,id=$channel,path=$run/$channel$number"
      -device "virtserialport,chardev=$channel,name=$channel")
  done
  for index in "${!shared[@]}"; do
    arguments+=(-virtfs "local,path=${shared[index]//,/,,},mount_tag=share$index,security_model=none,multidevs=remap")
  done
  if ((guests == 2)); then
    arguments+=(-device virtio-net-pci,netdev=wire,mac=02:00:00:00:0$number:ff,romfile= -netdev
      "dgram,id=wire,local.type=unix,local.path=$run/wire$number,remote.type=unix,remote.path=$run/wire$((1 - number))")
  fi
  setpriv --pdeathsig KILL qemu-system-x86_64 "${arguments[@]}" </dev/null >"$run/qemu$number" 2>&1 {status_fd}>&- {lock_fd}<&- &
  qemu_pids[number]=$!
}

# Passes on what a guest writes to one of its channels. The reader ends when the guest and this process have closed it: it
# never waits for a guest that does not come up.
start_reader() { # FIFO PREFIX
  local own
  mkfifo "$1" && exec {own}<>"$1"
  own_ends+=("$own")
  if [[ $2 ]]; then sed -u "s/^/$2/"; else cat; fi <"$1" {own}>&- {status_fd}>&- {lock_fd}<&- &
  reader_pids+=($!)
}

# Waits until every guest has reported its command's exit status, and puts the first that is not 0 into $result.
wait_for_guests() {
  local began=$EPOCHREALTIME deadline=$((SECONDS + limit)) waiting=$guests line= part number status
  result=0
  while ((waiting)); do
    if IFS= read -r -t 0.5 -u "$status_fd" part; then
      read -r number status <<<"$line$part"
      line=
      if [[ $status == ready ]]; then
        boot_time=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $began }")
        ((verbose)) && say "guest $number is up after $boot_time s"
      else
        ((waiting -= 1))
        ((result)) || result=$status
      fi
      continue
    fi
    line+=$part # the time may be over in the middle of a line
    if ((SECONDS >= deadline)); then
      say "time limit of $limit s reached${boot_time:+, $boot_time s of which were the boot}"
      result=124
      return
    fi
    for number in "${!qemu_pids[@]}"; do
      kill -0 "${qemu_pids[number]}" 2>/dev/null && continue
      say "guest $number died"
      tail -n 20 "$run/qemu$number" >&2
      [[ -f $run/console$number ]] && tail -n 20 "$run/console$number" >&2
      result=125
      return
    done
  done
}

clean_up() {
  local own
  ((${#qemu_pids[@]})) && { kill "${qemu_pids[@]}"; wait "${qemu_pids[@]}"; } 2>/dev/null
  for own in "${own_ends[@]}"; do exec {own}>&-; done
  ((${#reader_pids[@]})) && wait "${reader_pids[@]}" 2>/dev/null
  ((${#at_exit[@]})) && rm -rf "${at_exit[@]}"
}

# A folder of our own, locked while we live. What others have left that were killed is removed.
make_run_folder() {
  local temporary=${TMPDIR:-/tmp}
  run=$(mktemp -d "$temporary/treering-guest.XXXXXX") || fail 125 "cannot make a folder in $temporary"
  at_exit+=("$run")
  exec {lock_fd}<"$run" && flock "$lock_fd"
  find "$temporary" -maxdepth 1 -name 'treering-guest.??????' -user "$EUID" -mmin +1 -exec flock -n {} rm -rf {} \; 2>/dev/null
}

run_guests() { # COMMAND [ARGS...]
  local number prefix index
  make_run_folder
  cp "$parts/start" "$run/start"
  command_script "$@" >"$run/command"
  for index in "${!shared[@]}"; do echo "share$index ${shared[index]}"; done >"$run/shares"
  mkfifo "$run/status" && exec {status_fd}<>"$run/status"
  for ((number = 0; number < guests; number++)); do
    prefix=
    ((guests == 1)) || prefix="[$number] "
    start_reader "$run/out$number" "$prefix"
    start_reader "$run/err$number" "$prefix" >&2
    ((verbose)) && start_reader "$run/console$number" "$prefix" >&2
    start_guest "$number"
  done
  wait_for_guests
}

check() {
  run_guests sh -c 'set -e; ibv_devices; ibv_devinfo -d rxe0 | grep -E "hca_id|state|active_mtu"
    ibv_rc_pingpong -d rxe1 -g 1 -c >/dev/null & sleep 1; ibv_rc_pingpong -d rxe0 -g 1 -c localhost; wait $!'
  ((result == 0)) || fail "$result" "FAILED: no ping-pong between rxe0 and rxe1"
  echo "guest.sh: OK (up after $boot_time s)"
}

action=run guests=1 ports=2 limit=300 verbose=0 result=0 boot_time= status_fd= lock_fd= run= image=
environment=() shared=() at_exit=() qemu_pids=() reader_pids=() own_ends=()

is_count() { [[ $2 =~ ^[0-9]{1,6}$ ]] && (($2 >= 1 && $2 <= $3)) || usage "$1 takes a number from 1 to $3, not '$2'"; }
while (($#)); do
  case $1 in
    -[gpteo]) (($# >= 2)) || usage "$1 takes a value" ;;
  esac
  case $1 in
    -g) is_count -g "$2" 2; guests=$2; shift ;;
    -p) is_count -p "$2" 9; ports=$2; shift ;;
    -t) is_count -t "$2" 999999; limit=$2; shift ;;
    -e) [[ $2 =~ ^[A-Za-z_][A-Za-z_0-9]*(=.*)?$ ]] || usage "-e takes NAME=VALUE, not '$2'"
      if [[ $2 == *=* ]]; then environment+=("$2"); else environment+=("$2=${!2-}"); fi; shift ;;
    -o) [[ -d $2 && -w $2 ]] || usage "-o takes a folder that can be written to, not '$2'"
      shared+=("$(cd "$2" && pwd -P)"); shift ;;
    -v) verbose=1 ;;
    -h | --help) sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --install | --check) action=${1#--} ;;
    --) shift; break ;;
    -*) usage "unknown option '$1'" ;;
    *) break ;;
  esac
  shift
done
[[ $action != run || $# -ge 1 ]] || usage "no command given"

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
[[ $action == install ]] && install_packages
require_packages
make_image
case $action in
  run) run_guests "$@" ;;
  check) check ;;
esac
exit "$result"
