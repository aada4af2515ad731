// The path of a call of the C API: one rank alone, and two ranks of this thread in a group, whose calls make progress
// together. Nobody waits: what one rank needs, the other has done when it is looked for.
#include <array>
#include <cstdlib>
#include <vector>

#include "instructions/count.hpp"
#include "instructions/scenarios.hpp"
#include "nccl/nccl.h"

namespace treering::instructions {
namespace {

constexpr std::uint64_t operations = 2'000;

void check(ncclResult_t result) {
  if (result == ncclSuccess) return;
  std::fprintf(stderr, "%s: %s\n", ncclGetErrorString(result), ncclGetLastError(nullptr));
  std::exit(1);
}

template <int ranks>
class Communicator {
 public:
  Communicator() { check(ncclCommInitAll(comms_.data(), ranks, nullptr)); }
  ~Communicator() {
    for (const ncclComm_t comm : comms_) check(ncclCommDestroy(comm));
  }

  void all_reduce(std::size_t count) {
    check(ncclGroupStart());
    for (int rank = 0; rank < ranks; ++rank)
      check(ncclAllReduce(input_, output_[rank], count, ncclFloat, ncclSum, comms_[rank], nullptr));
    check(ncclGroupEnd());
  }

  void broadcast(std::size_t count) {
    check(ncclGroupStart());
    for (int rank = 0; rank < ranks; ++rank)
      check(ncclBroadcast(input_, output_[rank], count, ncclFloat, 0, comms_[rank], nullptr));
    check(ncclGroupEnd());
  }

  void all_reduce_alone(std::size_t count) {
    check(ncclAllReduce(input_, output_[0], count, ncclFloat, ncclSum, comms_[0], nullptr));
  }

  void send_and_receive(std::size_t count) {
    check(ncclGroupStart());
    check(ncclSend(input_, count, ncclFloat, 1, comms_[0], nullptr));
    check(ncclRecv(output_[1], count, ncclFloat, 0, comms_[1], nullptr));
    check(ncclGroupEnd());
  }

 private:
  std::array<ncclComm_t, ranks> comms_{};
  float input_[256] = {};
  float output_[ranks][256] = {};
};

template <class Call>
void count_calls_of(const char* scenario, const Call& call) {
  call();  // plans, wires and what grows
  count(scenario, operations, [&] {
    for (std::uint64_t k = 0; k < operations; ++k) call();
  });
}

}  // namespace

void count_calls() {
  Communicator<1> alone;
  count_calls_of("C API: all-reduce of 8 B, 1 rank", [&] { alone.all_reduce_alone(2); });
  Communicator<2> pair;
  count_calls_of("C API: all-reduce of 8 B in a group, 2 ranks", [&] { pair.all_reduce(2); });
  count_calls_of("C API: all-reduce of 1 KiB in a group, 2 ranks", [&] { pair.all_reduce(256); });
  count_calls_of("C API: broadcast of 8 B in a group, 2 ranks", [&] { pair.broadcast(2); });
  count_calls_of("C API: send and receive of 8 B in a group, 2 ranks", [&] { pair.send_and_receive(2); });
}

}  // namespace treering::instructions
