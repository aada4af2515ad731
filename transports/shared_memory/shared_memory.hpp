// Processes of one host. The sender of a wire makes its memory and hands it to the receiver over a Unix socket.
#pragma once

#include <memory>

#include "transports/own_bell.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering {

/// Connects to a peer when the first wire to it is opened: one Unix socket for each direction in which wires exist.
/// The end of a connection without a goodbye is a failure that names the peer.
class SharedMemory final : public Transport {
 public:
  /// `connector` and `own` outlive this. `ring_bytes`: of the wires that this rank sends on; a power of two from 4096
  /// to most_ring_bytes.
  SharedMemory(Connector& connector, Rank rank, Rank ranks, const OwnBell& own, std::uint64_t ring_bytes);
  ~SharedMemory() override;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  std::string_view name() const override { return "shared memory"; }
  /// Connects to `peer`, as open_send() does where that has not been done. An error of this peer's alone, unless there
  /// is a failure(): another transport may reach it.
  Result<void> connect(Rank peer);

  Result<SendEnd*> open_send(Rank peer, LaneIndex lane) override;
  Result<RecvEnd*> open_recv(Rank peer, LaneIndex lane) override;
  bool progress() override;
  const Error* failure() const override;
  void close() override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace treering
