#include "startup/status_door.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "startup/stale_sockets.hpp"

namespace treering {
namespace {

/// Ours, or root's, who could look into our memory anyway.
bool may_ask(int fd) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

/// As much as the socket takes at once, some 200 KiB: nobody is waited for. Who gets less sees it by the missing end.
void tell(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

Result<std::unique_ptr<StatusDoor>> StatusDoor::open(EventThread& events, const std::string& directory,
                                                     std::function<std::string()> text) {
  constexpr int backlog = 16;
  const std::string path = directory + "/" + status_socket_name;
  const sockaddr_un address = unix_address(path);
  Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made || bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(made.get(), backlog) != 0)
    return Error{Code::system_error, "treering-topo --job will not find this process (" + path + ": " +
                                         std::strerror(errno) + ") raise ulimit -n, or make its folder writable"};
  std::unique_ptr<StatusDoor> door(new StatusDoor(events, std::move(made), std::move(text)));
  Result<void> watched;
  events.call([&] {
    watched = events.watch(door->socket_.get(), EPOLLIN, [at = door.get()](std::uint32_t) { at->answer_some(); });
  });
  if (!watched) return std::move(watched).error();
  return door;
}

StatusDoor::~StatusDoor() {
  events_.call([this] {
    events_.forget(socket_.get());
    events_.cancel(pause_);
  });
}

void StatusDoor::answer_some() {
  constexpr int at_once = 4;  // then others that wait for this thread get their turn
  for (int k = 0; k < at_once; ++k) {
    const Descriptor caller(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (caller) {
      if (may_ask(caller.get())) tell(caller.get(), text_().append(status_end));
    } else if (errno != EINTR && errno != ECONNABORTED) {
      if (errno == EAGAIN) return;
      // No descriptor left: looking again at once would be a busy loop.
      events_.change(socket_.get(), 0);
      pause_ = events_.at(Clock::now() + std::chrono::seconds(1), [this] { events_.change(socket_.get(), EPOLLIN); });
      return;
    }
  }
}

}  // namespace treering
