#include "memory_limit.hpp"

namespace limits {

using peers::Collective;

std::vector<Move> MemoryLimit::moves(const peers::Shape& shape) const {
  std::vector<const float*> inputs;
  std::vector<float*> outputs;
  for (int rank = 0; rank < ranks_; ++rank) {
    inputs.push_back(input(rank));
    outputs.push_back(output(rank));
  }
  const std::size_t n = shape.count;
  std::vector<Move> moves;
  switch (shape.collective) {
    case Collective::all_reduce: return {{inputs, outputs, n}};
    case Collective::reduce: return {{inputs, {outputs[0]}, n}};
    case Collective::broadcast: return {{{output(0)}, {outputs.begin() + 1, outputs.end()}, n}};
    case Collective::barrier: return {};
    case Collective::all_gather:
      for (std::size_t from = 0; from < inputs.size(); ++from) {
        Move move{{inputs[from]}, outputs, n};
        for (float*& to : move.to) to += from * n;
        moves.push_back(std::move(move));
      }
      return moves;
    case Collective::reduce_scatter:
      for (std::size_t to = 0; to < inputs.size(); ++to) {
        Move move{inputs, {outputs[to]}, n};
        for (const float*& from : move.from) from += to * n;
        moves.push_back(std::move(move));
      }
      return moves;
    case Collective::all_to_all:
      for (std::size_t from = 0; from < inputs.size(); ++from) {
        for (std::size_t to = 0; to < inputs.size(); ++to) {
          moves.push_back({{inputs[from] + to * n}, {outputs[to] + from * n}, n});
        }
      }
      return moves;
    case Collective::scan:
      moves.push_back({{inputs[0]}, {outputs[0]}, n});
      for (std::size_t rank = 1; rank < inputs.size(); ++rank) {
        moves.push_back({{outputs[rank - 1], inputs[rank]}, {outputs[rank]}, n});
      }
      return moves;
  }
  return moves;
}

std::function<void()> MemoryLimit::call(const peers::Shape& shape, float* /*input*/, float* /*output*/) {
  // All moves of a shape are as long: each worker takes its half of each.
  const std::size_t half = shape.count / 2;
  const std::size_t begin = worker_.index() == 0 ? 0 : half;
  const std::size_t end = worker_.index() == 0 ? half : shape.count;
  return [this, begin, end, moves = moves(shape)] {
    for (const Move& move : moves) carry_out(move, begin, end, stores_);
    worker_.meet();
  };
}

void MemoryLimit::fill(const peers::Shape& shape, float* /*input*/, float* /*output*/) {
  for (int rank = worker_.index(); rank < ranks_; rank += workers) {
    for (std::size_t k = 0; k < shape.send; ++k) input(rank)[k] = peers::given(rank, k);
    const bool is_source = shape.collective == Collective::broadcast && rank == 0;
    for (std::size_t k = 0; k < shape.recv; ++k) output(rank)[k] = is_source ? peers::given(0, k) : -1.0F;
  }
  worker_.meet();
}

std::uint64_t MemoryLimit::wrong(const peers::Shape& shape, const float* /*output*/) {
  worker_.meet();
  std::uint64_t wrong = 0;
  for (int rank = worker_.index(); rank < ranks_; rank += workers) {
    if (!peers::gets_result(shape, rank)) continue;
    for (std::size_t k = 0; k < shape.recv; ++k) {
      wrong += output(rank)[k] != peers::expected(shape, rank, ranks_, k) ? 1 : 0;
    }
  }
  return wrong;
}

}  // namespace limits
