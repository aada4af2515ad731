// The contract of a transport: it makes the memory of wires the same at both ends, and says when it cannot.
//
// Threads: a Transport belongs to the thread that drives its rank, except where a method says otherwise. What a
// Connector reports from its own thread, a transport keeps in a mailbox until progress().
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/silence.hpp"
#include "transports/wire.hpp"
#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering {

class Transport {
 public:
  virtual ~Transport() = default;

  /// "loopback", "shared memory", "verbs", "ucx", "tcp".
  virtual std::string_view name() const = 0;

  /// This rank's end of the wire to `peer` on `lane`; the same one each time. Connects where that is needed, at most
  /// until the deadline of the connector. The end lives as long as the transport.
  virtual Result<SendEnd*> open_send(Rank peer, LaneIndex lane) = 0;

  /// This rank's end of the wire from `peer` on `lane`; the same one each time. Never waits: until the peer has opened
  /// its end, nothing arrives.
  virtual Result<RecvEnd*> open_recv(Rank peer, LaneIndex lane) = 0;

  /// Does what has to be done outside the wires: takes up new wires, moves data between rings and the network. True if
  /// anything moved. Never waits.
  virtual bool progress() = 0;

  /// Has all that was published or consumed left this process? An operation is complete only then.
  virtual bool drained() const { return true; }

  /// After a failed operation: what has not left this process yet stays here, for its memory is the user's again.
  virtual void withdraw() {}

  /// What broke, or null. Sticky.
  virtual const Error* failure() const { return nullptr; }

  /// A descriptor that polls readable when progress() would move something, or -1 if only the doorbell tells.
  virtual int wait_descriptor() const { return -1; }

  /// Says goodbye to the peers, so that they do not take the end of a connection for a failure. No wire is used
  /// afterwards.
  virtual void close() {}
};

/// An open descriptor, closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);  ///< closes what was held

 private:
  int fd_ = -1;
};

/// What a connection between two ranks of a communicator is for.
enum class Purpose : std::uint8_t {
  control = 1,        ///< the communicator's own: start-up, failures
  shared_memory = 2,  ///< a Unix socket that hands over descriptors
  tcp = 3,            ///< bulk data
  verbs = 4,          ///< how to reach queue pairs, and the end of a peer
  ucx = 5,            ///< the same of workers
};

/// What a transport needs of the world: authenticated connections between ranks, and somebody who watches descriptors.
/// All methods may be called from any thread.
class Connector {
 public:
  virtual ~Connector() = default;

  /// A connected, authenticated, non-blocking stream socket to `peer`: a Unix socket for Purpose::shared_memory, else
  /// TCP. Waits for the peer's process (not for the peer's thread), at most until the deadline of the options.
  virtual Result<Descriptor> connect(Rank peer, Purpose purpose) = 0;

  /// `accepted` is called, on the connector's thread, for each connection that a peer makes for `purpose`; those made
  /// before this call are handed over in it. An empty function ends that: when the call returns, none is running.
  virtual void on_accept(Purpose purpose, std::function<void(Rank peer, Descriptor socket)> accepted) = 0;

  /// Calls `readable` on the connector's thread whenever `fd` is readable or at its end, until it returns false or
  /// forget(). The caller owns `fd` and forgets it before it is closed.
  virtual void watch(int fd, std::function<bool()> readable) = 0;
  virtual void forget(int fd) = 0;  ///< when it returns, `readable` is not running and never will; from within it too

  /// How long a peer's host may be silent before a connection to it is lost.
  virtual std::chrono::milliseconds silence_timeout() const = 0;
  /// For people: a connection to `peer` gets no answer for a while, or gets some again.
  virtual void tell_silence(Rank, const SilenceNews&) {}
};

}  // namespace treering
