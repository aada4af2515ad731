#include "startup/reception.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "startup/listeners.hpp"

namespace treering {
namespace {

constexpr int accepts_at_once = 16;  // then the strangers that are here get their turn

bool is_of_our_user(int fd) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && peer.uid == geteuid();
}

/// All or nothing: a few bytes into a fresh socket always fit, unless the peer is up to no good.
bool send_all(int fd, std::span<const std::byte> data) {
  return send(fd, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(data.size());
}

}  // namespace

struct Reception::Stranger {
  Descriptor socket;
  Deadline arrived;
  EventThread::Timer timer;
  Answerer answerer;
  Greeting greeting;
  bool greeted = false;
  std::array<std::byte, hello_bytes> in{};  // the longer of hello and proof
  std::size_t in_bytes = 0;
  static_assert(hello_bytes >= proof_bytes);

  /// Reads on, never beyond the frame. True when it is complete; `lost`: when it never will be.
  bool has_frame(std::size_t bytes, bool& lost) {
    const ssize_t got = recv(socket.get(), in.data() + in_bytes, bytes - in_bytes, MSG_DONTWAIT);
    lost = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    if (got > 0) in_bytes += static_cast<std::size_t>(got);
    if (in_bytes < bytes) return false;
    in_bytes = 0;
    return true;
  }
};

Reception::Reception(EventThread& events, Callbacks callbacks) : events_(events), callbacks_(std::move(callbacks)) {}

Reception::~Reception() = default;

Result<void> Reception::open(int listener, bool local) {
  const Door door{listener, local};
  auto watched = events_.watch(listener, EPOLLIN, [this, door](std::uint32_t) { accept_some(door); });
  if (watched) doors_.push_back(door);
  return watched;
}

void Reception::close() {
  for (const Door& door : doors_) events_.forget(door.fd);
  doors_.clear();
  while (!strangers_.empty()) turn_away(strangers_.begin()->first);
}

void Reception::accept_some(const Door& door) {
  for (int k = 0; k < accepts_at_once; ++k) {
    if (!make_room()) return pause(std::chrono::milliseconds(5));
    Descriptor socket(accept4(door.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      const bool full = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
      if (full && !raise_descriptor_limit()) pause(std::chrono::milliseconds(100));
      return;
    }
    if (door.local && !is_of_our_user(socket.get())) {
      ++turned_away_;
      continue;
    }
    if (!door.local) {
      const int on = 1;
      setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    admit(std::move(socket));
  }
}

bool Reception::make_room() {
  if (strangers_.size() < most_strangers) return true;
  // In a crowd of friends, all of them are done before this: then the rest wait in the listener's queue.
  if (Clock::now() - strangers_.begin()->second->arrived < grace) return false;
  turn_away(strangers_.begin()->first);
  return true;
}

void Reception::pause(std::chrono::milliseconds time) {
  if (paused_) return;
  paused_ = true;
  for (const Door& door : doors_) events_.change(door.fd, 0);
  events_.at(Clock::now() + time, [this] { resume(); });
}

void Reception::resume() {
  paused_ = false;
  for (const Door& door : doors_) events_.change(door.fd, EPOLLIN);
}

void Reception::admit(Descriptor socket) {
  const std::uint64_t number = ++arrivals_;
  auto stranger = std::make_unique<Stranger>();
  stranger->socket = std::move(socket);
  stranger->arrived = Clock::now();
  const auto watched = events_.watch(stranger->socket.get(), EPOLLIN, [this, number](std::uint32_t) { ready(number); });
  if (!watched) {
    ++turned_away_;
    return;
  }
  stranger->timer = events_.at(stranger->arrived + patience, [this, number] { turn_away(number); });
  strangers_.emplace(number, std::move(stranger));
  ready(number);  // the hello is often here already
}

void Reception::ready(std::uint64_t number) {
  Stranger& stranger = *strangers_.at(number);
  bool lost = false;
  const bool complete = stranger.has_frame(stranger.greeted ? proof_bytes : hello_bytes, lost);
  if (lost) return turn_away(number);
  if (!complete) return;
  if (!stranger.greeted) {
    if (!take_hello(stranger)) turn_away(number);
    return;
  }
  if (!take_proof(stranger)) return turn_away(number);
  events_.forget(stranger.socket.get());
  events_.cancel(stranger.timer);
  const auto known = std::move(strangers_.extract(number).mapped());
  if (paused_ && strangers_.size() < most_strangers / 2) resume();
  callbacks_.welcome(known->greeting, std::move(known->socket));
}

bool Reception::take_hello(Stranger& stranger) {
  auto greeting = stranger.answerer.take_hello(stranger.in);
  if (!greeting) {
    // Another release deserves an answer, a port scanner does not.
    if (greeting.error().code == Code::invalid_usage)
      send_all(stranger.socket.get(), Answerer::refusal(Answer::incompatible_version));
    return false;
  }
  auto keys = callbacks_.keys(*greeting);
  if (!keys) {
    send_all(stranger.socket.get(), Answerer::refusal(Answer::unknown_communicator));
    return false;
  }
  stranger.greeting = *greeting;
  stranger.greeted = true;
  return stranger.answerer.answer(std::move(keys)) && send_all(stranger.socket.get(), stranger.answerer.challenge());
}

bool Reception::take_proof(Stranger& stranger) {
  return stranger.answerer.take_proof(std::span(stranger.in).first<proof_bytes>()) &&
         send_all(stranger.socket.get(), stranger.answerer.welcome());
}

void Reception::turn_away(std::uint64_t number) {
  const auto found = strangers_.find(number);
  if (found == strangers_.end()) return;
  ++turned_away_;
  events_.forget(found->second->socket.get());
  events_.cancel(found->second->timer);
  strangers_.erase(found);
}

}  // namespace treering
