#!/usr/bin/env bash
# Installs the build tree, moves the result elsewhere, and uses it as its users do.
# Arguments: cmake, build tree, source tree, configuration, sanitizers (may be empty). Exit status 77: skipped.
set -euo pipefail

cmake=$1 build=$2 source=$3 configuration=$4 sanitizers=$5
if [[ ! -x $PKG_CONFIG ]]; then
  echo "SKIPPED: pkg-config is not installed"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

expect() { # expect TEXT in OUTPUT
  grep -qF -- "$1" <<<"$2" || fail "\"$1\" is not in:"$'\n'"$2"
}

echo "== install, and move what was installed"
"$cmake" --install "$build" --prefix "$work/first" ${configuration:+--config "$configuration"} >"$work/install.log" ||
  fail "cmake --install: $(tail -5 "$work/install.log")"
mv "$work/first" "$prefix"
library=$(find "$prefix" -name 'libtreering.so')
[[ -n $library ]] || fail "no libtreering.so was installed"
libraries=$(dirname "$library")
flags=${sanitizers:+-fsanitize=$sanitizers}

echo "== C by pkg-config"
export PKG_CONFIG_PATH=$libraries/pkgconfig
# shellcheck disable=SC2046  # the flags are words
"$CC" -std=c99 -Wall -Wextra -Wpedantic -Werror $flags "$source/docs/examples/minimal.c" -o "$work/minimal_c" \
  $("$PKG_CONFIG" --cflags --libs treering) -Wl,-rpath,"$libraries"
output=$("$work/minimal_c")
expect "rank 0: first 6000, last 9996" "$output"
expect "rank 3: first 6000, last 9996" "$output"

echo "== C++ by find_package"
CXXFLAGS="-Wall -Wextra -Wpedantic $flags" "$cmake" -S "$source/tests/install/program" -B "$work/program" \
  -DCMAKE_PREFIX_PATH="$prefix" -DEXAMPLES="$source/docs/examples" >"$work/program.log" || fail "$(cat "$work/program.log")"
"$cmake" --build "$work/program" >"$work/program.log" || fail "$(cat "$work/program.log")"

if [[ -x $prefix/bin/treering-topo ]]; then
  echo "== manual page and completion"
  [[ -f $prefix/share/man/man1/treering-topo.1 ]] || fail "no manual page"
  [[ -f $prefix/share/zsh/site-functions/_treering-topo ]] || fail "no completion for zsh"
  # shellcheck disable=SC1091  # it is installed by now
  output=$(source "$prefix/share/bash-completion/completions/treering-topo" && complete -p treering-topo)
  expect "treering-topo" "$output"
fi

echo "== alone, and as two processes of a launcher"
expect "rank 0 of 1: sum 1, items 0 to 99" "$(cd "$work" && env -i "$work/program/minimal")"
rank() {
  env -i TREERING_START_TIMEOUT=60s RANK="$1" LOCAL_RANK="$1" WORLD_SIZE=2 TORCHELASTIC_RUN_ID="install-$$" \
    "$work/program/minimal"
}
rank 0 >"$work/rank0" &
first=$!
output=$(rank 1) || fail "rank 1"
wait "$first" || fail "rank 0"
expect "rank 0 of 2: sum 3, items 0 to 99" "$(cat "$work/rank0")"
expect "rank 1 of 2: sum 3, items 100 to 200" "$output"

if [[ -x $build/bin/treering-topo ]]; then
  echo "== treering-topo, with its manual page"
  expect "host0 to host8: NET, 50 GB/s" "$("$prefix/bin/treering-topo" --input 'torus 4x4 50GB/s' --explain host0 host8)"
  [[ -s $(find "$prefix" -path '*/man1/treering-topo.1') ]] || fail "no manual page of treering-topo was installed"
fi

if [[ -x $build/bin/treering-run ]]; then
  echo "== treering-run, with its manual page"
  output=$(env -i PATH="$PATH" "$prefix/bin/treering-run" -n 2 --tag "$work/program/minimal")
  expect "[0] rank 0 of 2: sum 3, items 0 to 99" "$output"
  expect "[1] rank 1 of 2: sum 3, items 100 to 200" "$output"
  [[ -s $prefix/share/man/man1/treering-run.1 ]] || fail "no manual page of treering-run was installed"
fi

echo "== symbols: both names of every function, nothing but the API, no versions"
symbols=$(nm -D --defined-only "$library")
declared=$(grep -oE '\bnccl[A-Z][A-Za-z]*\(' "$prefix/include/nccl/nccl.h" | tr -d '(' | sort -u)
[[ $(wc -l <<<"$declared") -ge 28 ]] || fail "hardly any functions in nccl.h: $declared"
for name in $declared; do
  grep -qE " W $name\$" <<<"$symbols" || fail "$name is not a weak symbol of $library"
  grep -qE " T p$name\$" <<<"$symbols" || fail "p$name is not a strong symbol of $library"
done
foreign=$(awk '{print $3}' <<<"$symbols" | c++filt |
  grep -vE '^(p?nccl|treering)[A-Z]|^treering::(Communicator|Group|Pending)::|^treering::(make_unique_id|allocate|deallocate)\(' || true)
[[ -z $foreign ]] || fail "symbols that are no part of the API: $foreign"

echo "OK"
