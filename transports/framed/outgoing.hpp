// All wires from this rank to one peer, and the connection on which they flow.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "transports/framed/incoming.hpp"
#include "transports/framed/link.hpp"
#include "transports/framed/registrar.hpp"
#include "transports/lending.hpp"
#include "transports/mapping.hpp"
#include "transports/send_end.hpp"
#include "transports/wire.hpp"

namespace treering::framed {

class Outgoing final : private Lender {
 public:
  /// `registrar`: null, or what knows memory that links read; outlives this.
  explicit Outgoing(Registrar* registrar) : registrar_(registrar) {}
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  /// The connection that all flows on from here on. Frames of these wires are never on two connections at once: the
  /// caller holds them back in between. Null: nothing is sent.
  void flow_on(Link* link) { link_ = link; }
  Link* link() const { return link_; }
  void hold(bool held) { held_ = held; }

  /// This end of a lane's wire; the same one each time.
  Result<SendEnd*> open(LaneIndex lane, std::uint64_t ring_bytes);

  /// A credit, or where a ring is.
  Result<void> take(const Frame& frame, const std::byte* payload);

  /// Sends what has been published, as far as the socket takes it. `companion`: whose credits go along, on the same
  /// connection, or null. True if anything went.
  bool push(Incoming* companion);
  /// Is nothing published that has not been given to the system?
  bool drained() const;

 private:
  /// One wire, and how far it has been sent. What has been sent stays unchanged until the peer gives it back.
  struct SendWire {
    Mapping memory;
    SendEnd end;
    Elsewhere elsewhere;          // what the ring does not hold of it, in the user's memory
    RingPlace place;              // of the peer's ring
    bool announced = false;       // its `opened` frame has been sent
    std::uint32_t recorded = 0;   // digest of the record sent last
    std::uint64_t lines = 0;      // messages sent
    std::uint64_t ring = 0;       // bytes of the ring sent, ever
    std::uint64_t lines_got = 0;  // given back by the peer
    std::uint64_t ring_got = 0;
    bool asked = false;  // for credit, and none has come since

    WireControl& control() const { return *end.wire.control; }
    const Line& line() const { return control().lines[lines & (lines_per_wire - 1)]; }
    bool has_line() const;
    bool is_behind() const;
    bool must_ask() const;
    bool has_news() const { return is_behind() || must_ask(); }
  };

  bool may_send() const { return !held_ && !link_->failure() && !link_->peer_left() && !link_->is_full(); }
  bool has_news() const;
  bool gather();
  bool gather(LaneIndex lane, SendWire& wire);
  bool gather_data(LaneIndex lane, SendWire& wire);
  bool may_write_ring(const SendWire& wire) const { return !link_->writes_in_place() || wire.place.address != 0; }
  std::uint64_t add_ring(LaneIndex lane, SendWire& wire, std::uint64_t bytes);
  void add_line(LaneIndex lane, SendWire& wire);
  void add_record(LaneIndex lane, SendWire& wire);
  std::optional<Loan> lend(const std::byte* first, std::uint64_t bytes) override;

  Registrar* registrar_;
  Link* link_ = nullptr;
  bool held_ = false;
  std::map<LaneIndex, SendWire> wires_;
  LaneIndex next_lane_ = 0;  // whose turn it is to be gathered first
};

}  // namespace treering::framed
