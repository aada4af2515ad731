// What the first call of a shape pays on one rank: choosing an algorithm, making its schedule, binding it to wires that
// are open.
#include <fmt/format.h>

#include <string>

#include "instructions/count.hpp"
#include "instructions/scenarios.hpp"
#include "planning/choose.hpp"
#include "support/lockstep.hpp"

namespace treering::instructions {
namespace {

using enum Collective;

struct Scenario {
  Collective collective;
  const char* algorithm;
  Rank ranks;
};

template <class Work>
void count_plan(const std::string& name, const Work& work) {
  constexpr std::uint64_t operations = 3;
  work();  // the heap grows, wires open
  count(name.c_str(), operations, [&] {
    for (std::uint64_t k = 0; k < operations; ++k) work();
  });
}

constexpr Scenario schedules[] = {
    {all_reduce, "direct", 64},
    {all_reduce, "direct", 1000},
    {all_reduce, "direct-halves", 64},
    {all_reduce, "recursive-doubling", 64},
    {all_reduce, "recursive-doubling", 1000},
    {all_reduce, "recursive-doubling", 100'000},
    {all_reduce, "two-tree", 64},
    {all_reduce, "two-tree", 1000},
    {all_reduce, "two-tree", 100'000},
    {all_reduce, "ring", 64},
    {all_reduce, "ring", 1000},
    {all_reduce, "ring", 10'000},
    {broadcast, "binomial", 100'000},
    {broadcast, "two-tree", 100'000},
    {scan, "two-tree", 100'000},
    {reduce_scatter, "direct", 64},
    {all_gather, "ring", 1000},
    {barrier, "dissemination", 100'000},
};

constexpr Scenario bindings[] = {
    {all_reduce, "direct", 64},
    {all_reduce, "two-tree", 1000},
    {all_reduce, "ring", 1000},
};

/// An element a block, seen from a rank in the middle, which is the root where there is one.
Shape shape_on(Rank ranks) {
  const Rank rank = ranks / 3;
  Shape shape{.ranks = ranks, .rank = rank, .root = rank, .count = static_cast<std::uint64_t>(ranks)};
  shape.sends.each = shape.recvs.each = 1;
  return shape;
}

std::string name_of_scenario(const char* what, const Scenario& scenario) {
  return fmt::format("{}: {} by {}, {} ranks", what, name_of(scenario.collective), scenario.algorithm, scenario.ranks);
}

void count_making(const Scenario& scenario) {
  const CatalogueRow& row = test::row_named(scenario.collective, scenario.algorithm);
  const Shape shape = shape_on(scenario.ranks);
  count_plan(name_of_scenario("making", scenario), [&] { test::must(make(row, shape)); });
}

void count_binding(const Scenario& scenario) {
  constexpr std::uint64_t communicator = 1'000'000;  // beside those of Lockstep
  const Shape shape = shape_on(scenario.ranks);
  test::LoopbackWires wires(communicator, shape.rank, shape.ranks, test::Long::lent);
  const Schedule schedule = test::must(make(test::row_named(scenario.collective, scenario.algorithm), shape));
  count_plan(name_of_scenario("binding", scenario), [&] { test::must(bind(schedule, wires)); });
}

void count_choosing(Collective collective, Rank ranks) {
  const Shape shape = shape_on(ranks);
  const Machine machine = shared_memory_machine(ranks, 64);
  count_plan(fmt::format("choosing: {}, {} ranks", name_of(collective), ranks),
             [&] { test::must(choose(collective, shape, sizeof(float), Order::commutative, machine)); });
}

/// What the first choice on several hosts pays: the schedules of all ranks, or of a sample, are counted.
void count_first_choice(Collective collective, std::uint32_t hosts, Rank ranks_each) {
  Cluster cluster{.within = shared_memory_machine(ranks_each, ranks_each),
                  .between = network_tcp_machine(ranks_each, ranks_each)};
  for (std::uint32_t host = 0; host < hosts; ++host) {
    cluster.hosts.push_back({ranks_each, ranks_each});
    cluster.host_of.insert(cluster.host_of.end(), static_cast<std::size_t>(ranks_each), host);
  }
  const auto ranks = static_cast<Rank>(cluster.host_of.size());
  const Shape shape = shape_on(ranks);
  count_plan(fmt::format("choosing for the first time: {}, {} ranks on {} hosts", name_of(collective), ranks, hosts),
             [&] { test::must(choose(collective, shape, sizeof(float), Order::commutative, Prices(cluster, {}))); });
}

}  // namespace

void count_plans() {
  for (const Scenario& scenario : schedules) count_making(scenario);
  for (const Scenario& scenario : bindings) count_binding(scenario);
  count_choosing(all_reduce, 1000);
  count_choosing(reduce_scatter, 1000);
  count_first_choice(all_reduce, 8, 8);
  count_first_choice(all_reduce, 125, 8);
  count_first_choice(reduce, 1000, 16);
}

}  // namespace treering::instructions
