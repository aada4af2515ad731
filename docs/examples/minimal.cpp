// As many ranks as the launcher starts (Slurm, mpirun, torchrun, or just one): a sum over all, and where each one's
// part begins in the whole.
#include <cstdint>
#include <functional>
#include <iostream>
#include <treering/communicator.hpp>
#include <vector>

namespace {

int fail(const treering::Error& error) {
  std::cerr << error.message << '\n';
  return 1;
}

}  // namespace

int main() {
  auto communicator = treering::Communicator::from_environment();
  if (!communicator) return fail(communicator.error());

  std::vector<double> numbers(1000, communicator->rank() + 1.0);
  auto summed = communicator->all_reduce(numbers, numbers);
  if (!summed) return fail(summed.error());

  // Ranks hold different amounts; an operator may be any associative function of two elements.
  std::vector<std::int64_t> amount{100 + communicator->rank()};
  std::vector<std::int64_t> end(1);
  auto scanned = communicator->scan(amount, end, treering::Operator::of<std::int64_t>(std::plus<>()));
  if (!scanned) return fail(scanned.error());

  std::cout << "rank " << communicator->rank() << " of " << communicator->ranks() << ": sum " << numbers.front()
            << ", items " << end[0] - amount[0] << " to " << end[0] - 1 << std::endl;
  return 0;
}
