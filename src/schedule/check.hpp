// Proves that an algorithm does what its collective means, by provenance: values that remember where they came from, in
// which order, and the most hostile executor that the language allows (world.hpp).
//
//   const Task task{.meaning = Meaning::scan, .ranks = 7, .count = 11};
//   auto proven = check(task, two_tree_scan);                          // under all conditions
//   auto trial = Trial::of(task, two_tree_scan);                       // or one condition at a time
//   auto ran = trial->run({.window = 2, .lending = Lending::where_safe, .starved = 3});
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "schedule/language.hpp"
#include "schedule/shape.hpp"
#include "schedule/world.hpp"
#include "treering/operator.hpp"
#include "treering/result.hpp"

namespace treering {

/// What must be in memory when an operation is over. x(q) is the input of rank q.
enum class Meaning : std::uint8_t {
  all_reduce,      ///< output = x(0) . x(1) ... of all ranks, finished, on every rank
  reduce,          ///< the same on the root; other ranks have no output
  broadcast,       ///< output = x(root) on every rank; other ranks have no input
  scan,            ///< output = x(0) ... x(rank); finish is not said
  exclusive_scan,  ///< output = x(0) ... x(rank-1); rank 0's may hold anything
  all_gather,      ///< block q of the output = x(q)
  reduce_scatter,  ///< output = the product of block `rank` of all inputs, finished
  barrier,         ///< no rank ends before all have begun
};

/// One operation to be checked. The Shape that the algorithm gets has ranks, rank, root, in_place; all_gather: recvs
/// and reduce_scatter: sends too. In place, the input lies in the output buffer: all of it or, for all_gather, in block
/// `rank`. There, reduce_scatter leaves its result in block `rank` and all else as it was, and reduce leaves the memory
/// of all ranks but the root as it was.
struct Task {
  Meaning meaning = Meaning::all_reduce;
  Rank ranks = 1;
  Rank root = 0;
  /// Elements of the whole vector, the Shape's `count`. all_gather and reduce_scatter: elements of a block where
  /// `blocks` is empty, and the Shape's `count` is the sum of all blocks. barrier: elements of input and output, 0 if
  /// it needs none.
  std::uint64_t count = 1;
  bool in_place = false;
  Order order = Order::kept;               ///< commutative: each contribution exactly once, in any order
  std::vector<std::uint64_t> blocks = {};  ///< v-forms of all_gather and reduce_scatter: elements of each rank's block
};

/// "scan of 11 elements on 7 ranks, in place", for messages.
std::string describe(const Task& task);

using Algorithm = std::function<Schedule(const Shape&)>;

/// A task with the schedules of all its ranks, ready to run under any number of conditions.
class Trial {
 public:
  /// Asks the algorithm for every rank's schedule. Refuses what World::of refuses.
  static Result<Trial> of(const Task& task, const Algorithm& algorithm);
  /// The same with given schedules, one a rank: mutants, compositions.
  static Result<Trial> of(const Task& task, std::vector<Schedule> schedules);

  /// Runs, and compares every element with what the collective means. The error names rank and element, what came and
  /// what should have come, the task and the conditions.
  Result<void> run(const Conditions& conditions) const { return run(std::span(&conditions, 1)); }
  /// Runs once under each of the conditions, to the first error.
  Result<void> run(std::span<const Conditions> conditions) const;

  const std::vector<Schedule>& schedules() const { return *schedules_; }

 private:
  Trial(const Task& task, std::shared_ptr<const std::vector<Schedule>> schedules, World world)
      : task_(task), schedules_(std::move(schedules)), world_(std::move(world)) {}

  Task task_;
  std::shared_ptr<const std::vector<Schedule>> schedules_;  // what world_ borrows
  World world_;
};

/// Windows of 1, 2 and 3 elements, where deadlocks show, and of 6, where steps overlap more and rounds have 3 elements;
/// lending nothing, and more up to `up_to`; nobody starved, and `starved` ranks in turn, spread evenly (all if there
/// are no more).
std::vector<Conditions> all_conditions(Rank ranks, Lending up_to = Lending::where_safe, Rank starved = 4,
                                       std::uint64_t seed = 1);

/// Trial::of, then run under all_conditions(ranks, up_to).
Result<void> check(const Task& task, const Algorithm& algorithm, Lending up_to = Lending::where_safe);

}  // namespace treering
