#!/bin/bash
# tests/verbs/run.sh [--all] [--build FOLDER] [--transport NAME] [one_guest | two_guests] [CHECK...]
#
# Runs the checks of checks/ in guests with Soft-RoCE (guest.sh): a selection, --all of them, or those named. FOLDER is what
# was built (build/release). --transport tcp runs what is not about RDMA over TCP, to tell a transport's fault from others.
# Exit status: 0 fine, 1 a check failed, 77 guests cannot run here.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

all=0 transport=verbs build=$here/../../build/release groups=() only=()
while (($#)); do
  case $1 in
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --all) all=1 ;;
    --build) build=${2:?--build needs a folder}; shift ;;
    --transport) transport=${2:?--transport needs a name}; shift ;;
    one_guest | two_guests) groups+=("$1") ;;
    -*) echo "run.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
    *) only+=("$1") ;;
  esac
  shift
done
((${#groups[@]})) || groups=(one_guest two_guests)
((${#only[@]} == 0)) || all=1
build=$(cd "$build" && pwd) || exit 2
[[ -x $build/bin/treering-perf ]] || { echo "run.sh: $build has no bin/treering-perf (it is run in the guest) build it" >&2; exit 2; }

shared=$(mktemp -d)
trap 'rm -rf "$shared"' EXIT
worst=0
for group in "${groups[@]}"; do
  guests=1
  [[ $group == one_guest ]] || guests=2
  echo "== $group"
  mkdir "$shared/$group"
  "$here/guest.sh" -g $guests -t $((all ? 1200 : 240)) -o "$shared/$group" -e here="$here" -e build="$build" \
    -e transport="$transport" -e shared="$shared/$group" -e all=$all -e only="${only[*]-}" -- sh "$here/checks/$group.sh"
  status=$?
  ((status != 77)) || exit 77
  ((status == 0)) || worst=1
done
exit $worst
