#!/bin/bash
# smoke.sh [TARGET]: runs a fuzz target for TREERING_FUZZ_SECONDS (10); without one, builds them all. For CTest: where
# clang or its libFuzzer is absent, it says so and ends with 77, which is skipped; it installs nothing.
set -euo pipefail

library=$(clang++ -print-file-name=libclang_rt.fuzzer-"$(uname -m)".a 2>/dev/null || true)
runtime=$(clang++ -print-runtime-dir 2>/dev/null || true)
if [[ ! -f $library && ! -f $runtime/libclang_rt.fuzzer-$(uname -m).a ]]; then
  echo "SKIPPED: there is no clang with libFuzzer (Debian: clang, libclang-rt-14-dev)"
  exit 77
fi
seconds=0
[[ $# -eq 0 ]] || seconds=${TREERING_FUZZ_SECONDS:-10}
exec "$(dirname "$0")/run.sh" "$seconds" "$@"
