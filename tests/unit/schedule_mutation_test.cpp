// The checker is checked: schedules with one thing broken are caught, each of them.
#include <gtest/gtest.h>

#include <string>

#include "schedule/check.hpp"
#include "support/mutate.hpp"
#include "support/sample_algorithms.hpp"

namespace treering {
namespace {

using test::Mutant;
using test::Schedules;

struct Sample {
  const char* name;
  Algorithm algorithm;
  Order order;
  Rank ranks;
  bool in_place;
};

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (const bool in_place : {false, true}) {
    all.push_back({"ring", test::sample_ring, Order::commutative, 3, in_place});
    all.push_back({"chains", test::sample_chains, Order::kept, 4, in_place});
    all.push_back({"doubling", test::sample_doubling, Order::kept, 4, in_place});
    all.push_back({"halves", test::sample_halves, Order::kept, 3, in_place});
  }
  return all;
}

bool caught(const Task& task, const Schedules& schedules) {
  auto trial = Trial::of(task, schedules);
  if (!trial) return true;
  for (std::uint64_t seed = 1; seed <= 6; ++seed)
    if (!trial->run(all_conditions(task.ranks, Lending::where_safe, task.ranks, seed))) return true;
  return false;
}

/// Expects all mutants of all samples to be caught, but for those that `equivalent` knows to mean the same.
void expect_caught(std::vector<Mutant> (*mutants_of)(const Schedules&), std::size_t at_least,
                   bool (*equivalent)(const Sample&, const std::string&) = nullptr) {
  std::size_t number = 0;
  for (const Sample& sample : samples()) {
    const Task task{.meaning = Meaning::all_reduce,
                    .ranks = sample.ranks,
                    .count = 13,
                    .in_place = sample.in_place,
                    .order = sample.order};
    auto trial = Trial::of(task, sample.algorithm);
    ASSERT_TRUE(trial) << trial.error().message;
    ASSERT_FALSE(caught(task, trial->schedules())) << sample.name;
    for (const Mutant& mutant : mutants_of(trial->schedules())) {
      if (equivalent && equivalent(sample, mutant.what)) continue;
      EXPECT_TRUE(caught(task, mutant.schedules))
          << sample.name << (sample.in_place ? " in place, " : ", ") << mutant.what;
      ++number;
    }
  }
  EXPECT_GE(number, at_least) << "too few mutants to mean anything";
}

TEST(Mutation, AfterLowered) {
  expect_caught(test::after_lowered, 40);
}

// In place, what comes down depends on what this rank has sent up, element by element: the wires keep the order then.
TEST(Mutation, BehindLowered) {
  expect_caught(test::behind_lowered, 8,
                [](const Sample& sample, const std::string&) { return std::string(sample.name) == "chains"; });
}

TEST(Mutation, StepDropped) {
  expect_caught(test::step_dropped, 40);
}

TEST(Mutation, WordDropped) {
  expect_caught(test::word_dropped, 60);
}

TEST(Mutation, OperandsSwapped) {
  expect_caught(test::operands_swapped, 20,
                [](const Sample& sample, const std::string&) { return sample.order == Order::commutative; });
}

TEST(Mutation, PeerChanged) {
  expect_caught(test::peer_changed, 60);
}

TEST(Mutation, PlaceShifted) {
  expect_caught(test::place_shifted, 60);
}

}  // namespace
}  // namespace treering
