#include "exchange.hpp"

namespace treering::perf {

Result<std::vector<double>> gather(Communicator& communicator, const std::vector<double>& mine) {
  std::vector<double> all(mine.size() * static_cast<std::size_t>(communicator.ranks()));
  if (Result<void> done = communicator.all_gather(mine, all); !done) return done.error();
  return all;
}

}  // namespace treering::perf
