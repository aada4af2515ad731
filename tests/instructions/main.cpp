// The program that check.py runs under callgrind.
#include <hwy/targets.h>

#include <cstdio>

#include "instructions/scenarios.hpp"

int main() {
  // The widest that the kernels may use on the processor that callgrind shows.
  std::printf("%s\n", hwy::TargetName(hwy::SupportedTargets() & -hwy::SupportedTargets()));
  treering::instructions::count_engines();
  treering::instructions::count_plans();
  treering::instructions::count_calls();  // last: its threads leave the heap in a state that depends on timing
  return 0;
}
