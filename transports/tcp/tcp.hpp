// Wires over TCP.
#pragma once

#include <ctime>
#include <memory>
#include <string_view>

#include "transports/framed/framed_transport.hpp"
#include "transports/tcp/socket_link.hpp"

namespace treering {

class Tcp final : public framed::FramedTransport {
 public:
  explicit Tcp(Terms terms) : FramedTransport(std::move(terms), Purpose::tcp, nullptr) {}

  std::string_view name() const override { return "tcp"; }
  bool progress() override;

 private:
  Result<std::unique_ptr<framed::Link>> make_link(framed::Peer& peer, Descriptor socket, Made made) override;
  void discard(std::unique_ptr<framed::Link> link) override;
  bool receive();
  bool receive(framed::Link& link);
  void watch_for_room();
  void look_for_silence();

  tcp::SocketLink* latest_ = nullptr;  // that something came on
  unsigned reads_ = 0;                 // of it alone, since something was sent
  bool rests_ = false;                 // the next progress() does not read
  std::time_t looked_at_s_ = 0;        // for silent peers
};

}  // namespace treering
