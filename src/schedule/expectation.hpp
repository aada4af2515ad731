// What a Task starts from and what it must end with, element by element.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schedule/check.hpp"
#include "schedule/shape.hpp"
#include "schedule/world.hpp"
#include "treering/result.hpp"

namespace treering {

/// The blocks of a task, and what follows from them. Shapes borrow from it and from the task.
class Blocks {
 public:
  explicit Blocks(const Task& task);
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  Shape shape(Rank rank) const;
  Extent extent(Rank rank) const;
  /// all_gather and reduce_scatter: the block of a rank in the whole vector.
  Block operator[](Rank rank) const { return layout_[rank]; }
  /// Elements of the whole vector.
  std::uint64_t total() const { return total_; }
  /// Elements of a rank's input, wherever it lies.
  std::uint64_t contributed(Rank rank) const;

 private:
  const Task& task_;
  std::vector<std::uint64_t> firsts_;
  Layout layout_;
  std::uint64_t total_ = 0;
};

class Expectation {
 public:
  /// Fills `scene` with the inputs of the task. Borrows the task.
  Expectation(const Task& task, std::span<const Schedule> schedules, Scene& scene);

  Result<void> compare(const Scene& scene) const;

 private:
  static constexpr Value anything = UINT32_MAX;

  void fill_inputs(std::span<const Schedule> schedules, Scene& scene);
  void expect_results(Scene& scene);
  void expect_prefixes(Scene& scene);
  void expect_products(Scene& scene);
  void expect_copies(Scene& scene);
  Result<void> all_heard(const Scene& scene) const;

  const Task& task_;
  Blocks blocks_;
  std::vector<std::vector<Value>> inputs_;   // of each rank, unchanged at the end
  std::vector<std::vector<Value>> outputs_;  // of each rank, at the end
};

}  // namespace treering
