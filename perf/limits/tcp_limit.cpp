#include "tcp_limit.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace limits {
namespace {

using peers::Collective;

/// Sends and receives so many bytes, whichever is possible; sleeps in poll() only if neither is for a while.
void exchange(int socket, std::size_t to_send, std::size_t to_receive, char* out, char* in) {
  constexpr std::size_t most = 1 << 20;  // a call
  constexpr int spins = 1000;
  std::size_t sent = 0, received = 0;
  int idle = 0;
  const auto check = [](ssize_t moved) {
    if (moved > 0) return static_cast<std::size_t>(moved);
    if (moved < 0 && (errno == EAGAIN || errno == EINTR)) return std::size_t{0};
    std::perror("the connection of the limits");
    std::exit(3);
  };
  while (sent < to_send || received < to_receive) {
    std::size_t moved = 0;
    if (sent < to_send) moved += check(send(socket, out + sent, std::min(most, to_send - sent), MSG_DONTWAIT));
    sent += moved;
    if (received < to_receive) {
      const std::size_t got = check(recv(socket, in + received, std::min(most, to_receive - received), MSG_DONTWAIT));
      received += got;
      moved += got;
    }
    idle = moved > 0 ? 0 : idle + 1;
    if (idle < spins) continue;
    pollfd wanted{socket, static_cast<short>((sent < to_send ? POLLOUT : 0) | (received < to_receive ? POLLIN : 0)), 0};
    poll(&wanted, 1, -1);
  }
}

}  // namespace

std::size_t least_bytes(const peers::Shape& shape, int ranks) {
  const auto others = static_cast<std::size_t>(ranks - 1);
  const std::size_t bytes = std::max(shape.send, shape.recv) * sizeof(float);
  switch (shape.collective) {
    case Collective::all_reduce: return 2 * others * bytes;
    case Collective::barrier: return 2;  // a byte each way
    default: return others * bytes;      // all-gather, reduce-scatter, all-to-all: ranks x bytes x others / ranks
  }
}

std::function<void()> TcpLimit::call(const peers::Shape& shape, float* /*input*/, float* /*output*/) {
  const std::size_t total = least_bytes(shape, ranks_);
  const bool one_way = shape.collective == Collective::broadcast || shape.collective == Collective::reduce ||
                       (shape.collective == Collective::scan && ranks_ == 2);
  const std::size_t forth = one_way ? total : total - total / 2, back = total - forth;
  const bool first = worker_.index() == 0;
  const std::size_t to_send = first ? forth : back, to_receive = first ? back : forth;
  const std::shared_ptr<char[]> out(new char[to_send + 1]()), in(new char[to_receive + 1]());
  return [=, this] { exchange(worker_.socket(), to_send, to_receive, out.get(), in.get()); };
}

}  // namespace limits
