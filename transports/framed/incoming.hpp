// All wires from one peer to this rank, and the connection on which they flow.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "transports/framed/link.hpp"
#include "transports/framed/registrar.hpp"
#include "transports/mapping.hpp"
#include "transports/recv_end.hpp"
#include "transports/wire.hpp"

namespace treering::framed {

/// The end of this rank's that is held for the wire from `peer` on `lane`, or null.
using HeldEnds = std::function<RecvEnd*(Rank peer, LaneIndex lane)>;

/// Credits. What has been consumed is told to the sender along with data that goes its way, which costs next to
/// nothing. It goes alone, at the cost of a whole message, when it is half the window (a quarter where no data has gone
/// back since it last did); or, once nothing else is to be done, when the sender knows of no more than half a window of
/// room; or when the sender says that it is starved, which it does while it has more than that (large elements need
/// it). So nothing is ever withheld from a sender that waits, nor is a message told for every one that is received:
/// either the sender has sent half a window that is not credited, which the receiver sees, and it falls idle before it
/// sleeps; or the sender asks.
class Incoming final {
 public:
  /// `held`: an end that is held already, where the peer opens a wire; see FramedTransport. May be empty.
  /// `registrar`: null, or what knows memory that links write; outlives this.
  Incoming(Rank peer, std::uint64_t ring_bytes, const HeldEnds& held, Registrar* registrar)
      : peer_(peer), ring_bytes_(ring_bytes), held_(held), registrar_(registrar) {}
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  /// The connection that frames come from and credits go to; null: none has come yet.
  void flow_on(Link* link) { link_ = link; }
  Link* link() const { return link_; }

  /// This end of a lane's wire; the same one each time. Not connected until the peer opens it.
  RecvEnd* open(LaneIndex lane) { return wires_[lane].end; }

  /// Adds the credit that is worth it beside data, to go with what the caller adds next to the same connection.
  void add_credits_to_data();
  /// Sends the credit that is due by itself. `idle`: nothing else moved. True if anything was sent.
  bool push(bool idle);
  /// Is no credit due?
  bool drained() const;

  /// Every frame about these wires.
  Result<void> take(const Frame& frame, const std::byte* payload);
  Result<std::byte*> land(const Frame& frame);
  void landed(LaneIndex lane, std::size_t bytes);

 private:
  enum class Occasion : std::uint8_t { with_data, alone, idle };

  struct RecvWire {
    RecvWire() = default;
    RecvWire(const RecvWire&) = delete;
    RecvWire& operator=(const RecvWire&) = delete;

    Mapping memory;  // none until the peer has opened the wire
    RecvEnd own_end;
    RecvEnd* end = &own_end;  // or the one that is held
    std::uint64_t lines = 0;  // messages received
    std::uint64_t ring = 0;   // bytes of the ring received, ever
    std::uint64_t lines_credited = 0;
    std::uint64_t ring_credited = 0;
    bool starved = false;     // the sender, which has had no credit since it said so
    bool owes_place = false;  // of the ring, to the sender

    bool is_open() const { return memory.first() != nullptr; }
    WireControl& control() const { return *end->wire.control; }
    std::uint64_t line_credit() const;
    std::uint64_t ring_credit() const;
  };

  bool is_due(const RecvWire& wire, Occasion occasion) const;
  bool add_credits(Occasion occasion);
  void add_place(LaneIndex lane, RecvWire& wire);
  Result<void> take_opened(RecvWire& wire, const Frame& frame);
  Result<void> take_line(RecvWire& wire, const Frame& frame, const std::byte* payload);
  void take_record(RecvWire& wire, const Frame& frame, const std::byte* payload);

  Rank peer_;
  std::uint64_t ring_bytes_;
  Link* link_ = nullptr;
  const HeldEnds& held_;
  Registrar* registrar_;
  bool data_goes_back_ = false;  // since credit last went alone
  std::map<LaneIndex, RecvWire> wires_;
};

}  // namespace treering::framed
