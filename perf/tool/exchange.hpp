// What the ranks of the tool tell one another, over the communicator that is being measured.
#pragma once

#include <type_traits>
#include <vector>

#include "treering/communicator.hpp"

namespace treering::perf {

/// The value of every rank, by rank.
template <class T>
Result<std::vector<T>> gather(Communicator& communicator, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<T> all(static_cast<std::size_t>(communicator.ranks()));
  const ConstBuffer mine(&value, sizeof(T), DataType::uint8);
  if (Result<void> done =
          communicator.all_gather(mine, MutableBuffer(all.data(), all.size() * sizeof(T), DataType::uint8));
      !done) {
    return done.error();
  }
  return all;
}

/// The same for as many values on every rank: those of rank r begin at r * mine.size().
Result<std::vector<double>> gather(Communicator& communicator, const std::vector<double>& mine);

}  // namespace treering::perf
