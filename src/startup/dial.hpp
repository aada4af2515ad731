// The calling side of a connection: several addresses raced, each 10 ms after the one before; the first that proves who
// it is wins.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "startup/addresses.hpp"
#include "startup/event_thread.hpp"
#include "startup/handshake.hpp"

namespace treering {

struct Endpoint {
  SocketAddress address;
  std::string text;  ///< for people
};
Endpoint tcp_endpoint(const Address& address, std::uint16_t port);
Endpoint unix_endpoint(const std::string& path);

struct Dialing {
  std::vector<Endpoint> endpoints;
  std::shared_ptr<const Keys> keys;
  Greeting greeting;  ///< its communicator is set from the keys
  std::string whom;   ///< "rank 5 (host h, pid 911)", for messages
  Deadline deadline;
  /// With addresses where nobody listens. Zero where the peer has listened since before its address was known.
  std::chrono::milliseconds patience_with_refusal{2000};
  /// For the message of an address that cannot be reached.
  std::string advice = "check that it is running, that no firewall is in between, and TREERING_INTERFACES";
  /// Asked at least every 50 ms: an error ends the waiting, with it.
  std::function<Result<void>()> go_on;
};

/// A connected, authenticated, non-blocking stream socket. Waits; blocks the calling thread only. Sockets that are full
/// or drop us are tried again until the deadline; where nobody listens, as long as `patience_with_refusal`.
Result<Descriptor> dial(const Dialing& dialing);

}  // namespace treering
