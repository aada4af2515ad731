// The path of a small message, from Engine::start to the retired operation, on all ranks together.
#include <string>

#include "instructions/count.hpp"
#include "instructions/scenarios.hpp"
#include "support/lockstep.hpp"

namespace treering::instructions {
namespace {

using test::Long;

struct Scenario {
  const char* name;
  Collective collective;
  const char* algorithm;
  Rank ranks;
  std::uint64_t bytes;
  Long messages = Long::lent;
};

using enum Collective;
constexpr Scenario scenarios[] = {
    {"engines: all-reduce of 8 B by direct, 2 ranks", all_reduce, "direct", 2, 8},
    {"engines: all-reduce of 1 KiB by direct, 2 ranks", all_reduce, "direct", 2, 1024},
    {"engines: all-gather of 1 KiB by direct, 2 ranks, lent", all_gather, "direct", 2, 1024},
    {"engines: all-gather of 1 KiB by direct, 2 ranks, in rings", all_gather, "direct", 2, 1024, Long::in_rings},
    {"engines: all-reduce of 8 B by two-tree, 8 ranks", all_reduce, "two-tree", 8, 8},
    {"engines: all-reduce of 1 KiB by ring, 8 ranks", all_reduce, "ring", 8, 1024},
    {"engines: broadcast of 8 B by binomial, 8 ranks", broadcast, "binomial", 8, 8},
    {"engines: barrier by dissemination, 8 ranks", barrier, "dissemination", 8, 0},
};

}  // namespace

void count_engines() {
  for (const Scenario& scenario : scenarios) {
    test::Lockstep ranks(scenario.ranks, scenario.messages);
    test::Rehearsed collective(ranks, test::row_named(scenario.collective, scenario.algorithm), scenario.bytes);
    const std::uint64_t operations = scenario.ranks == 2 ? 10'000 : 500;
    count(scenario.name, operations, [&] {
      for (std::uint64_t k = 0; k < operations; ++k) collective.run();
    });
  }
}

}  // namespace treering::instructions
