#include "support/connector.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace treering::test {
namespace {

struct Introduction {
  Rank rank;
  std::uint32_t purpose;
};

/// The harness itself cannot go on.
template <class T>
T must(T result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::abort();
}

template <class Address>
sockaddr* generic(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

void listen_at(Descriptor& listener, sockaddr* address, socklen_t given, socklen_t* length) {
  listener.reset(must(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  must(::bind(listener.get(), address, given), "bind");
  must(::listen(listener.get(), 1024), "listen");
  must(::getsockname(listener.get(), address, length), "getsockname");
}

}  // namespace

Doors::Doors(Rank ranks) : doors_(static_cast<std::size_t>(ranks)) {
  for (Door& door : doors_) {
    door.local_address.sun_family = AF_UNIX;  // the family alone: the kernel chooses a name that is no file
    door.local_length = sizeof door.local_address;
    listen_at(door.local, generic(door.local_address), sizeof(sa_family_t), &door.local_length);
    door.tcp_address.sin_family = AF_INET;
    door.tcp_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof door.tcp_address;
    listen_at(door.tcp, generic(door.tcp_address), length, &length);
  }
}

SocketConnector::SocketConnector(const Doors& doors, Rank rank)
    : doors_(doors),
      rank_(rank),
      poller_(must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      stop_(must(::eventfd(0, EFD_CLOEXEC), "eventfd")) {
  const auto& door = doors_.doors_[static_cast<std::size_t>(rank)];
  for (const int listener : {door.local.get(), door.tcp.get()})
    watch(listener, [this, listener] { return accept_from(listener); });
  watch(stop_.get(), [] { return true; });
  thread_ = std::thread([this] { run(); });
}

SocketConnector::~SocketConnector() {
  const std::uint64_t one = 1;
  must(::write(stop_.get(), &one, sizeof one), "write");
  thread_.join();
}

void SocketConnector::run() {
  for (;;) {
    epoll_event event{};
    if (::epoll_wait(poller_.get(), &event, 1, -1) != 1) continue;
    if (event.data.fd == stop_.get()) return;
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(event.data.fd);
    if (found == watched_.end()) continue;
    const auto readable = found->second;  // a copy: it may forget itself
    if (!readable()) forget(event.data.fd);
  }
}

bool SocketConnector::accept_from(int listener) {
  Descriptor socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket) return true;
  Introduction introduction{};
  if (::recv(socket.get(), &introduction, sizeof introduction, MSG_WAITALL) != sizeof introduction) return true;
  must(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), "fcntl");
  const auto purpose = static_cast<Purpose>(introduction.purpose);
  if (const auto wanted = accepted_.find(purpose); wanted != accepted_.end())
    wanted->second(introduction.rank, std::move(socket));
  else
    waiting_.push_back({introduction.rank, purpose, std::move(socket)});
  return true;
}

Result<Descriptor> SocketConnector::connect(Rank peer, Purpose purpose) {
  auto door = std::cref(doors_.doors_[static_cast<std::size_t>(peer)]);
  const bool local = purpose == Purpose::shared_memory;
  Descriptor socket(must(::socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const auto* address = local ? reinterpret_cast<const sockaddr*>(&door.get().local_address)
                              : reinterpret_cast<const sockaddr*>(&door.get().tcp_address);
  if (::connect(socket.get(), address, local ? door.get().local_length : sizeof(sockaddr_in)) != 0)
    return Error{Code::remote_error, "cannot connect"};
  const Introduction introduction{rank_, static_cast<std::uint32_t>(purpose)};
  must(::send(socket.get(), &introduction, sizeof introduction, MSG_NOSIGNAL), "send");
  must(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), "fcntl");
  return socket;
}

void SocketConnector::on_accept(Purpose purpose, std::function<void(Rank, Descriptor)> accepted) {
  const std::lock_guard lock(mutex_);
  if (!accepted) {
    accepted_.erase(purpose);
    return;
  }
  for (Accepted& early : std::exchange(waiting_, {})) {
    if (early.purpose == purpose)
      accepted(early.peer, std::move(early.socket));
    else
      waiting_.push_back(std::move(early));
  }
  accepted_[purpose] = std::move(accepted);
}

void SocketConnector::watch(int fd, std::function<bool()> readable) {
  const std::lock_guard lock(mutex_);
  watched_[fd] = std::move(readable);
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  must(::epoll_ctl(poller_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void SocketConnector::forget(int fd) {
  const std::lock_guard lock(mutex_);
  if (watched_.erase(fd)) ::epoll_ctl(poller_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

}  // namespace treering::test
