#include "check.hpp"

#include <numeric>

#include "exchange.hpp"

namespace treering::perf {
namespace {

std::uint64_t wrong_results(const Call& call, const Shape& shape, const Values& values, Rank rank, Rank ranks,
                            std::uint64_t repetition) {
  const Origin origin{0, repetition};
  const std::uint64_t count = shape.extent.count;
  const std::byte* got = call.recv();
  switch (shape.kind) {
    case Kind::all_reduce: return values.wrong(got, count, 0, ranks, origin);
    case Kind::broadcast: return values.wrong(got, count, shape.root, shape.root + 1, origin);
    case Kind::reduce: return rank == shape.root ? values.wrong(got, count, 0, ranks, origin) : 0;
    case Kind::reduce_scatter:
      return values.wrong(got, count, 0, ranks, {count * static_cast<std::uint64_t>(rank), repetition});
    case Kind::scan: return values.wrong(got, count, 0, rank + 1, origin);
    case Kind::exscan: return rank > 0 ? values.wrong(got, count, 0, rank, origin) : 0;  // rank 0's result is undefined
    case Kind::sendrecv: {
      const Rank from = (rank + ranks - 1) % ranks;
      return values.wrong(got, count, from, from + 1, origin);
    }
    case Kind::barrier: return 0;
    case Kind::all_gather: break;
  }
  std::uint64_t wrong = 0;
  for (Rank from = 0; from < ranks; ++from) {
    wrong += values.wrong(got + static_cast<std::uint64_t>(from) * count * size_of(shape.type), count, from, from + 1,
                          origin);
  }
  return wrong;
}

}  // namespace

void prepare(const Call& call, const Shape& shape, const Values& values, Rank rank, std::uint64_t repetition) {
  values.fill(call.send(), shape.extent.send, rank, {0, repetition});
}

std::uint64_t wrong_elements(const Call& call, const Shape& shape, const Values& values, Rank rank, Rank ranks,
                             std::uint64_t repetition) {
  const std::uint64_t wrong = wrong_results(call, shape, values, rank, ranks, repetition);
  const std::byte* begin = call.send();
  const std::byte* end = begin + shape.extent.send * size_of(shape.type);
  const std::byte* result = call.recv();
  const bool in_place = begin < result + shape.extent.recv * size_of(shape.type) && result < end;
  return in_place ? wrong : wrong + values.wrong_input(begin, shape.extent.send, rank, {0, repetition});
}

Result<std::uint64_t> checked_call(Communicator& communicator, Call& call, const Shape& shape, const Values& values,
                                   std::uint64_t repetition) {
  prepare(call, shape, values, communicator.rank(), repetition);
  if (Result<void> called = call(); !called) return called.error();
  const std::uint64_t mine = wrong_elements(call, shape, values, communicator.rank(), communicator.ranks(), repetition);
  const Result<std::vector<std::uint64_t>> all = gather(communicator, mine);
  if (!all) return all.error();
  return std::accumulate(all->begin(), all->end(), std::uint64_t{0});
}

}  // namespace treering::perf
