// The ranks of a contract test: threads of this process, or processes of their own.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "support/connector.hpp"
#include "transports/own_bell.hpp"
#include "transports/transport.hpp"

namespace treering::test {

/// What a transport is made from.
struct Place {
  Connector& connector;
  std::uint64_t communicator;
  Rank rank;
  Rank ranks;
  const OwnBell& bell;
  std::uint64_t ring_bytes;
};

/// A transport under test. A new one needs an entry in kinds.cpp, and its library in CMakeLists.txt.
struct Kind {
  enum class Ranks : std::uint8_t { threads, processes } ranks_are;
  /// What is lent: what was allocated, or everything. To peers, or by each rank to its own transport, which takes it
  /// from the user's memory in place of the ring; `itself`: everything, to its own.
  enum class Lending : std::uint8_t { itself, allocated, everything } lends;
  std::string name;
  std::function<std::unique_ptr<Transport>(const Place&)> make;
  bool sends_alone = true;                    ///< short messages leave though the peer's thread does nothing
  std::function<std::string()> why_not = {};  ///< it cannot be made here; empty: it can
};
const std::vector<Kind>& kinds();
void PrintTo(const Kind& kind, std::ostream* out);  ///< found by GoogleTest

/// Where all ranks of a world wait for each other, by means of its own.
class Meeting;

/// One rank of a test.
struct Seat {
  Rank rank;
  Rank ranks;
  const OwnBell& bell;
  std::unique_ptr<Transport> transport;
  Meeting& meeting;
  bool is_process;
  bool has_died = false;

  void meet() const;  ///< returns when all ranks of the world have called it as often
  void part();        ///< says goodbye and is gone, though it may still meet the others
  void die();         ///< ends the rank as an accident would. As a process it does not return
};

/// Runs `body` as every rank. Without `die()` a rank ends with a goodbye, after all have met once more.
void run(const Kind& kind, Rank ranks, std::uint64_t ring_bytes, const std::function<void(Seat&)>& body);

}  // namespace treering::test
