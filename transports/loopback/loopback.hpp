// Ranks that are threads of one process. A wire is memory of the process; every longer message may be lent.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "transports/lending.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering {

class LoopbackHub;

/// The ranks of a communicator meet by its number, which must be the same in all of them and of no other communicator
/// of this process. A wire is connected when both ranks have joined (have made their Loopback); nothing can be sent
/// before.
class Loopback final : public Transport {
 public:
  /// `own`: this rank's bell; others may ring it until the last rank has left, as OwnBell allows. `ring_bytes`: a power
  /// of two from 4096 to most_ring_bytes, for all wires; of two ends, the one that opens first decides.
  Loopback(std::uint64_t communicator, Rank rank, Rank ranks, Bell own, std::uint64_t ring_bytes);
  ~Loopback() override;
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  std::string_view name() const override { return "loopback"; }
  Result<SendEnd*> open_send(Rank peer, LaneIndex lane) override;
  Result<RecvEnd*> open_recv(Rank peer, LaneIndex lane) override;
  bool progress() override;
  const Error* failure() const override { return failure_ ? &*failure_ : nullptr; }
  void close() override;

 private:
  /// Threads read each other's memory by its address.
  struct Addresses final : Lender, Borrower {
    std::optional<Loan> lend(const std::byte* first, std::uint64_t bytes) override;
    std::byte* find(const Loan& loan, std::uint64_t bytes) override;
  };
  template <class End>
  using Ends = std::map<std::pair<Rank, LaneIndex>, std::unique_ptr<End>>;

  template <class End>
  Result<End*> open(Ends<End>& ends, Rank peer, LaneIndex lane);
  template <class End>
  void connect(Ends<End>& ends);  ///< those whose peers have joined by now
  template <class End>
  void connect(End& end, Rank peer, LaneIndex lane);

  std::shared_ptr<LoopbackHub> hub_;
  Rank rank_;
  Rank ranks_;
  std::uint64_t ring_bytes_;
  bool joined_ = false;
  bool closed_ = false;
  Addresses addresses_;
  Ends<SendEnd> send_ends_;
  Ends<RecvEnd> recv_ends_;
  std::optional<Error> failure_;
};

}  // namespace treering
