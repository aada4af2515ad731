#include "schedule/expectation.hpp"

#include <cstddef>
#include <string>

namespace treering {
namespace {

constexpr auto input = static_cast<std::size_t>(Buffer::input);
constexpr auto output = static_cast<std::size_t>(Buffer::output);
constexpr auto scratch = static_cast<std::size_t>(Buffer::scratch);

std::size_t index_of(Rank rank) {
  return static_cast<std::size_t>(rank);
}

bool in_blocks(const Task& task) {
  return task.meaning == Meaning::all_gather || task.meaning == Meaning::reduce_scatter;
}

}  // namespace

Blocks::Blocks(const Task& task) : task_(task) {
  if (!in_blocks(task)) {
    total_ = task.count;
    return;
  }
  for (const std::uint64_t count : task.blocks) {
    firsts_.push_back(total_);
    total_ += count;
  }
  if (task.blocks.empty()) total_ = task.count * index_of(task.ranks);
  layout_ = {task.blocks.empty() ? task.count : 0, task.blocks, firsts_};
}

Shape Blocks::shape(Rank rank) const {
  Shape shape{.ranks = task_.ranks, .rank = rank, .root = task_.root, .count = total_, .in_place = task_.in_place};
  if (task_.meaning == Meaning::reduce_scatter) shape.sends = layout_;
  if (task_.meaning == Meaning::all_gather) shape.recvs = layout_;
  return shape;
}

std::uint64_t Blocks::contributed(Rank rank) const {
  if (task_.meaning == Meaning::all_gather) return layout_[rank].count;
  return task_.meaning == Meaning::broadcast && rank != task_.root ? 0 : total_;
}

Extent Blocks::extent(Rank rank) const {
  if (task_.in_place) return {0, total_};
  if (task_.meaning == Meaning::reduce && rank != task_.root) return {total_, 0};
  return {contributed(rank), task_.meaning == Meaning::reduce_scatter ? layout_[rank].count : total_};
}

Expectation::Expectation(const Task& task, std::span<const Schedule> schedules, Scene& scene)
    : task_(task), blocks_(task) {
  fill_inputs(schedules, scene);
  for (const Memory& memory : scene.memory) {
    inputs_.push_back(memory[input]);
    outputs_.push_back(memory[output]);
  }
  expect_results(scene);
}

void Expectation::fill_inputs(std::span<const Schedule> schedules, Scene& scene) {
  for (Rank rank = 0; rank < task_.ranks; ++rank) {
    const Extent extent = blocks_.extent(rank);
    Memory& memory = scene.memory.emplace_back();
    std::uint64_t number = 0;
    for (std::uint64_t e = 0; e < extent.output; ++e) memory[output].push_back(scene.values.rubbish(rank, number++));
    for (std::uint64_t e = 0; e < schedules[index_of(rank)].scratch; ++e)
      memory[scratch].push_back(scene.values.rubbish(rank, number++));
    memory[input].resize(extent.input);
    const bool own_block = task_.in_place && task_.meaning == Meaning::all_gather;
    Value* const first =
        task_.in_place ? memory[output].data() + (own_block ? blocks_[rank].first : 0) : memory[input].data();
    for (std::uint64_t e = 0; e < blocks_.contributed(rank); ++e) first[e] = scene.values.contribution(rank, e);
  }
}

void Expectation::expect_results(Scene& scene) {
  switch (task_.meaning) {
    case Meaning::all_reduce:
    case Meaning::reduce:
    case Meaning::reduce_scatter: return expect_products(scene);
    case Meaning::scan:
    case Meaning::exclusive_scan: return expect_prefixes(scene);
    case Meaning::broadcast:
    case Meaning::all_gather: return expect_copies(scene);
    case Meaning::barrier:
      for (auto& elements : outputs_) elements.assign(elements.size(), anything);
      scene.heard.assign(index_of(task_.ranks), Provenance::nothing);
  }
}

void Expectation::expect_products(Scene& scene) {
  for (std::uint64_t e = 0; e < blocks_.total(); ++e) {
    Value product = Provenance::nothing;
    for (Rank rank = 0; rank < task_.ranks; ++rank)
      product = scene.values.product(product, scene.values.contribution(rank, e));
    product = scene.values.finished(product);
    for (Rank rank = 0; rank < task_.ranks; ++rank) {
      auto& elements = outputs_[index_of(rank)];
      if (task_.meaning == Meaning::all_reduce || (task_.meaning == Meaning::reduce && rank == task_.root))
        elements[e] = product;
      if (task_.meaning != Meaning::reduce_scatter) continue;
      const Block mine = blocks_[rank];
      if (e >= mine.first && e < mine.first + mine.count) elements[task_.in_place ? e : e - mine.first] = product;
    }
  }
}

void Expectation::expect_prefixes(Scene& scene) {
  for (std::uint64_t e = 0; e < blocks_.total(); ++e) {
    Value before = Provenance::nothing;
    for (Rank rank = 0; rank < task_.ranks; ++rank) {
      const Value with_own = scene.values.product(before, scene.values.contribution(rank, e));
      if (task_.meaning == Meaning::scan)
        outputs_[index_of(rank)][e] = with_own;
      else
        outputs_[index_of(rank)][e] = rank == 0 ? anything : before;
      before = with_own;
    }
  }
}

void Expectation::expect_copies(Scene& scene) {
  for (Rank from = 0; from < task_.ranks; ++from) {
    const std::uint64_t first = task_.meaning == Meaning::all_gather ? blocks_[from].first : 0;
    for (std::uint64_t e = 0; e < blocks_.contributed(from); ++e) {
      const Value value = scene.values.contribution(from, e);
      for (auto& elements : outputs_) elements[first + e] = value;
    }
  }
}

Result<void> Expectation::compare(const Scene& scene) const {
  const auto same = [&](Value a, Value b) {
    return task_.order == Order::kept ? scene.values.same_order(a, b) : scene.values.same_multiset(a, b);
  };
  for (std::size_t rank = 0; rank < scene.memory.size(); ++rank)
    for (const auto& [buffer, expected] : {std::pair(Buffer::input, &inputs_[rank]), {Buffer::output, &outputs_[rank]}})
      for (std::size_t e = 0; e < expected->size(); ++e) {
        const Value got = scene.memory[rank][static_cast<std::size_t>(buffer)][e];
        const Value want = (*expected)[e];
        if (want != anything && !same(got, want))
          return Error{Code::internal_error, "rank " + std::to_string(rank) + " has \"" + scene.values.text(got) +
                                                 "\" in element " + std::to_string(e) + " of the " + name_of(buffer) +
                                                 " (it should be \"" + scene.values.text(want) + "\", rank.element)"};
      }
  return all_heard(scene);
}

Result<void> Expectation::all_heard(const Scene& scene) const {
  for (std::size_t rank = 0; rank < scene.heard.size(); ++rank) {
    std::vector<bool> heard(scene.heard.size());
    scene.values.mark_ranks(scene.heard[rank], heard);
    for (std::size_t other = 0; other < heard.size(); ++other)
      if (!heard[other] && other != rank)
        return Error{Code::internal_error, "rank " + std::to_string(rank) +
                                               " leaves the barrier and nothing has told it "
                                               "that rank " +
                                               std::to_string(other) + " has come"};
  }
  return {};
}

}  // namespace treering
