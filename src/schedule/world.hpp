// The executor that proves schedules: all ranks in one thread, wires of one element, values that remember where they
// came from, and the most hostile order that the language allows. It asserts what every engine relies on.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "schedule/language.hpp"
#include "schedule/places.hpp"
#include "schedule/provenance.hpp"
#include "schedule/wiring.hpp"
#include "treering/result.hpp"

namespace treering {

/// What a send may leave in the sender's memory for the peer to read when it receives.
enum class Lending : std::uint8_t {
  nothing,     ///< every wire copies
  where_safe,  ///< what lies in memory that no later step of the lane writes: what engines may do with any schedule
  everything,  ///< whatever lies in memory: for algorithms that promise to lend everything
};

/// How the world behaves in one run. A schedule must survive every combination.
struct Conditions {
  std::uint64_t window = 1;  ///< elements that a wire holds; those of circulating lanes hold two at least
  Lending lending = Lending::nothing;
  std::uint64_t seed = 1;  ///< of the random order in which lanes and steps move
  Rank starved = nobody;   ///< moves only when no other rank can: the latest reader of what it was lent
};

/// "window 1, lending where safe, rank 2 starved, seed 7", for messages.
std::string describe(const Conditions& conditions);

/// One rank's memory: input, output, scratch (by Buffer), a value an element.
using Memory = std::array<std::vector<Value>, 3>;

/// Where a run takes place.
struct Scene {
  Provenance values;
  std::vector<Memory> memory;  ///< of each rank; as large as its extent and its schedule say
  /// If there is one for each rank: the product of all that the rank has taken, from memory or wires.
  std::vector<Value> heard;
};

/// The schedules of all ranks, found well formed and ready to run under any number of conditions.
class World {
 public:
  /// Refuses what no run could make right: faults of the authors, peers that do not exist, ranks that disagree on lanes
  /// or on the messages of a wire, places out of bounds, lanes of one rank that share memory. Borrows the schedules.
  static Result<World> of(std::span<const Schedule> schedules, std::span<const Extent> extents);

  /// Runs every lane to its end, or to the first error: where nobody can move (it says who waits for whom), where
  /// memory is not touched in program order, where elements are left in a wire.
  Result<void> run(Scene& scene, const Conditions& conditions) const;

  const Wiring& wiring() const { return wiring_; }
  /// Of each word of a runner's lane.
  std::span<const Lendable> loans(std::size_t runner) const { return loans_[runner]; }

 private:
  World(Wiring wiring, std::vector<std::vector<Lendable>> loans)
      : wiring_(std::move(wiring)), loans_(std::move(loans)) {}

  Wiring wiring_;
  std::vector<std::vector<Lendable>> loans_;
};

}  // namespace treering
