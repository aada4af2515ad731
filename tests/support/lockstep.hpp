// All ranks of a communicator in one thread, over loopback wires, driven in turn: nobody waits for anybody, so that
// what is timed or counted is the path of the messages alone, and is the same every time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "algorithms/catalogue.hpp"
#include "execution/engine.hpp"
#include "transports/loopback/loopback.hpp"
#include "transports/own_bell.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/wire.hpp"

namespace treering::test {

/// Says why, and ends the program: the harness itself cannot go on.
[[noreturn]] void fail(const Error& error);

/// What the harness itself cannot do without.
template <class T>
T must(Result<T> result) {
  if (!result) fail(result.error());
  return *std::move(result);
}

/// How messages of more than a line travel.
enum class Long : std::uint8_t {
  lent,      ///< the receiver reads the sender's memory: threads of a process
  in_rings,  ///< copied into the ring of the wire and out of it: processes, for memory that cannot be lent
};

/// One rank's wires.
class LoopbackWires final : public Wires {
 public:
  LoopbackWires(std::uint64_t communicator, Rank rank, Rank ranks, Long messages);

  Result<SendEnd*> send_end(Rank to, LaneIndex lane) override;
  Result<RecvEnd*> recv_end(Rank from, LaneIndex lane) override;
  Transport& transport() { return loopback_; }

 private:
  OwnBell bell_;
  Loopback loopback_;
  Long messages_;
};

class Lockstep {
 public:
  explicit Lockstep(Rank ranks, Long messages = Long::lent);

  Rank ranks() const { return static_cast<Rank>(seats_.size()); }
  Wires& wires(Rank rank) { return seats_[static_cast<std::size_t>(rank)]->wires; }

  /// One launch a rank, in the order of ranks. Returns when all of them are over.
  void run(std::span<const Launch> launches);

 private:
  struct Seat {
    Seat(std::uint64_t communicator, Rank rank, Rank ranks, Long messages)
        : wires(communicator, rank, ranks, messages), transport(&wires.transport()), engine({&transport, 1}, Pace()) {}
    LoopbackWires wires;
    Transport* transport;
    Engine engine;
  };
  std::vector<std::unique_ptr<Seat>> seats_;
};

/// A collective on float32 (sum), planned and bound on every rank, out of place, with memory of its own.
class Rehearsed {
 public:
  /// `bytes`: of the whole vector, or of a block where the collective has one a rank. `ranks` outlives this.
  Rehearsed(Lockstep& ranks, const CatalogueRow& row, std::uint64_t bytes);

  void run() { ranks_.run(launches_); }
  std::uint64_t steps() const { return steps_; }  ///< of all ranks together

 private:
  Lockstep& ranks_;
  std::vector<Launch> launches_;
  std::vector<std::vector<float>> memory_;
  std::uint64_t steps_ = 0;
};

/// The sum of float32 over memory that outlives what is done with it.
Work work_on(std::vector<float>& input, std::vector<float>& output);

/// The row of this name, which must exist.
const CatalogueRow& row_named(Collective collective, std::string_view name);

}  // namespace treering::test
