// TCP sockets of this host for tests: IPv4 or IPv6, with buffers as small as wanted, and a Connector that hands them
// out.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "transports/transport.hpp"

namespace treering::test {

struct SocketKind {
  std::string name;
  int family = AF_INET;
  int buffer_bytes = 0;  ///< for sending; 0: as the system has it
};

/// Both ends of a TCP connection over the loopback address, non-blocking; nothing if the family is not there (errno).
inline std::optional<std::pair<Descriptor, Descriptor>> connected(const SocketKind& kind) {
  sockaddr_storage address{};
  socklen_t length = 0;
  if (kind.family == AF_INET6) {
    auto& six = reinterpret_cast<sockaddr_in6&>(address);
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    length = sizeof six;
  } else {
    auto& four = reinterpret_cast<sockaddr_in&>(address);
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    length = sizeof four;
  }
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  Descriptor listener(::socket(kind.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Descriptor first(::socket(kind.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener || !first) return {};
  for (const int fd : {listener.get(), first.get()}) {  // before they connect: the accepted socket inherits
    if (!kind.buffer_bytes) break;
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kind.buffer_bytes, sizeof kind.buffer_bytes);
    // Much less and Linux drops what comes in both directions at once, and sends it again after 200 ms.
    const int receive_bytes = std::max(kind.buffer_bytes, 16384);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  }
  if (::bind(listener.get(), generic, length) != 0) return {};
  if (::listen(listener.get(), 1) != 0 || ::getsockname(listener.get(), generic, &length) != 0) return {};
  if (::connect(first.get(), generic, length) != 0) return {};
  Descriptor second(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!second || ::fcntl(first.get(), F_SETFL, O_NONBLOCK) != 0) return {};
  return std::pair{std::move(first), std::move(second)};
}

/// Two ranks, or one and a test that plays the other. Everything happens in the test's thread.
class PairConnector final : public Connector {
 public:
  explicit PairConnector(SocketKind kind, Rank rank = 0, PairConnector* other = nullptr)
      : kind_(std::move(kind)), rank_(rank), other_(other) {
    if (other) other->other_ = this;
  }

  Result<Descriptor> connect(Rank, Purpose) override {
    auto ends = connected(kind_);
    if (!ends) return Error{Code::system_error, std::strerror(errno)};
    if (other_ && other_->accepted_ && !is_slow)
      other_->accepted_(rank_, std::move(ends->second));
    else
      kept_.push_back(std::move(ends->second));
    return std::move(ends->first);
  }
  void on_accept(Purpose, std::function<void(Rank, Descriptor)> accepted) override { accepted_ = std::move(accepted); }
  void watch(int, std::function<bool()>) override {}
  void forget(int) override {}
  std::chrono::milliseconds silence_timeout() const override { return std::chrono::seconds(10); }

  /// What this rank has connected is not accepted before deliver().
  bool is_slow = false;
  void deliver() {
    for (Descriptor& socket : kept_) other_->accepted_(rank_, std::move(socket));
    kept_.clear();
  }

  /// The far end of what was connected last, where a test plays the peer.
  int far_end() const { return kept_.back().get(); }
  void drop_far_end() { kept_.pop_back(); }

  /// As if `peer` had connected; returns the peer's end.
  Descriptor accept_from(Rank peer) {
    auto ends = connected(kind_);
    if (!ends) {
      std::perror("sockets");
      std::abort();
    }
    accepted_(peer, std::move(ends->second));
    return std::move(ends->first);
  }

 private:
  SocketKind kind_;
  Rank rank_;
  PairConnector* other_;
  std::function<void(Rank, Descriptor)> accepted_;
  std::vector<Descriptor> kept_;
};

}  // namespace treering::test
