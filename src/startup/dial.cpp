#include "startup/dial.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "startup/listeners.hpp"

namespace treering {
namespace {

constexpr std::chrono::milliseconds longest_sleep{50};
constexpr std::chrono::milliseconds longest_backoff{100};
// Between the starts of two addresses: the first that works is mostly faster, and the others need not be bothered.
constexpr std::chrono::milliseconds head_start{10};

/// The other side would turn us away for this without a word.
bool is_of_our_user(int unix_socket) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return getsockopt(unix_socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && peer.uid == geteuid();
}

/// One address that is tried.
class Attempt {
 public:
  Attempt(const Dialing& dialing, const Endpoint& endpoint) : dialing_(dialing), endpoint_(endpoint) {}

  enum class State { resting, connecting, waiting_challenge, ready_to_prove, waiting_welcome, connected, hopeless };
  State state = State::resting;
  Deadline next_try = Clock::now();
  std::string reason = "not tried";

  int fd() const { return socket_.get(); }
  short events() const { return state == State::connecting ? POLLOUT : POLLIN; }
  const std::string& where() const { return endpoint_.text; }
  Descriptor take() { return std::move(socket_); }

  void start() {
    const int family = endpoint_.address.storage.ss_family;
    socket_.reset(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) return failed(errno);
    if (family != AF_UNIX) {
      const int on = 1;
      setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    state = State::connecting;
    const auto* address = reinterpret_cast<const sockaddr*>(&endpoint_.address.storage);
    if (connect(socket_.get(), address, endpoint_.address.bytes) != 0) {
      if (errno != EINPROGRESS) failed(errno);
      return;
    }
    if (family == AF_UNIX && !is_of_our_user(socket_.get())) return hopeless("it belongs to another user");
    greet();
  }

  /// Poll says that something can be done.
  void go_on() {
    if (state == State::connecting) {
      int error = 0;
      socklen_t bytes = sizeof error;
      getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &bytes);
      return error != 0 ? failed(error) : greet();
    }
    if (state == State::waiting_challenge && has_frame(challenge_bytes)) {
      if (const auto taken = caller_->take_challenge(std::span(in_).first<challenge_bytes>()); !taken)
        return hopeless(taken.error().message);
      state = State::ready_to_prove;
    } else if (state == State::waiting_welcome && has_frame(welcome_bytes)) {
      if (const auto taken = caller_->take_welcome(std::span(in_).first<welcome_bytes>()); !taken)
        return hopeless(taken.error().message);
      state = State::connected;
    }
  }

  /// The one of all that goes on.
  void prove() {
    if (send_all(caller_->proof())) state = State::waiting_welcome;
  }

  /// Another goes on; if that fails, try again.
  void rest() {
    if (state == State::hopeless) return;
    socket_.reset();
    state = State::resting;
    next_try = Clock::now() + backoff_;
  }

 private:
  void greet() {
    Greeting greeting = dialing_.greeting;
    greeting.communicator = dialing_.keys->communicator();
    auto caller = Caller::greet(dialing_.keys, greeting);
    if (!caller) return hopeless(caller.error().message);
    caller_ = *std::move(caller);
    in_bytes_ = 0;
    if (send_all(caller_->hello())) state = State::waiting_challenge;
  }

  bool send_all(std::span<const std::byte> data) {
    if (send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(data.size())) return true;
    failed(errno);
    return false;
  }

  bool has_frame(std::size_t bytes) {
    const ssize_t got = recv(socket_.get(), in_.data() + in_bytes_, bytes - in_bytes_, 0);
    if (got == 0) failed(0);
    if (got < 0 && errno != EAGAIN && errno != EINTR) failed(errno);
    if (got > 0) in_bytes_ += static_cast<std::size_t>(got);
    if (got <= 0 || in_bytes_ < bytes) return false;
    in_bytes_ = 0;
    return true;
  }

  /// `error` of the system, 0: the other side hung up.
  void failed(int error) {
    if ((error == EMFILE || error == ENFILE) && raise_descriptor_limit()) error = EAGAIN;
    reason = error == 0 ? "it closed the connection during the handshake" : std::strerror(error);
    socket_.reset();
    const bool nobody_there = error == ECONNREFUSED || error == ENOENT;
    if (nobody_there && !refused_since_) refused_since_ = Clock::now();
    if (!nobody_there) refused_since_.reset();
    const bool worth_waiting = error == 0 || error == EAGAIN || error == ECONNRESET || error == EPIPE ||
                               error == ETIMEDOUT || error == EINTR || error == EADDRNOTAVAIL;
    if (nobody_there ? Clock::now() - *refused_since_ >= dialing_.patience_with_refusal : !worth_waiting) {
      state = State::hopeless;
      return;
    }
    state = State::resting;
    next_try = Clock::now() + backoff_;
    backoff_ = std::min(backoff_ * 2, longest_backoff);
  }

  void hopeless(const std::string& why) {
    reason = why;
    socket_.reset();
    state = State::hopeless;
  }

  const Dialing& dialing_;
  const Endpoint& endpoint_;
  Descriptor socket_;
  std::optional<Caller> caller_;
  std::array<std::byte, challenge_bytes> in_{};  // the longer of challenge and welcome
  std::size_t in_bytes_ = 0;
  std::chrono::milliseconds backoff_{2};
  std::optional<Deadline> refused_since_;
};

using State = Attempt::State;

std::string outcome_of(const std::vector<Attempt>& attempts) {
  std::vector<std::pair<std::string, std::string>> reasons;  // reason, addresses
  for (const Attempt& attempt : attempts) {
    const std::string reason = attempt.state == State::connecting ? "no answer" : attempt.reason;
    const auto known = std::ranges::find(reasons, reason, &std::pair<std::string, std::string>::first);
    if (known == reasons.end())
      reasons.emplace_back(reason, attempt.where());
    else
      known->second += ", " + attempt.where();
  }
  std::string text;
  for (const auto& [reason, where] : reasons) text += (text.empty() ? "" : "; ") + where + ": " + reason;
  return text;
}

/// Waits until an attempt can go on, and lets it. `others_rest`: one has been chosen, no other is to be started.
void poll_once(std::vector<Attempt>& attempts, Deadline deadline, bool others_rest) {
  std::vector<pollfd> polled;
  Deadline until = std::min(deadline, Clock::now() + longest_sleep);
  for (const Attempt& attempt : attempts) {
    polled.push_back({attempt.fd(), attempt.events(), 0});
    if (attempt.state == State::resting && !others_rest) until = std::min(until, attempt.next_try);
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(0, wait.count())));
  for (std::size_t k = 0; k < polled.size(); ++k)
    if (polled[k].fd >= 0 && polled[k].revents != 0) attempts[k].go_on();
}

/// The attempt that has been let through to its proof, or null.
Attempt* chosen_of(std::vector<Attempt>& attempts) {
  const auto in = [&](State state) {
    const auto found = std::ranges::find(attempts, state, &Attempt::state);
    return found == attempts.end() ? nullptr : &*found;
  };
  if (Attempt* const proving = in(State::waiting_welcome)) return proving;
  Attempt* const first = in(State::ready_to_prove);
  if (!first) return nullptr;
  for (Attempt& attempt : attempts)
    if (&attempt != first) attempt.rest();
  first->prove();
  return first;
}

}  // namespace

Endpoint tcp_endpoint(const Address& address, std::uint16_t port) {
  return {socket_address(address, port), to_string(address, port)};
}

Endpoint unix_endpoint(const std::string& path) {
  Endpoint endpoint;
  auto& address = reinterpret_cast<sockaddr_un&>(endpoint.address.storage);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof address.sun_path - 1));
  endpoint.address.bytes = sizeof address;
  endpoint.text = path;
  return endpoint;
}

Result<Descriptor> dial(const Dialing& dialing) {
  std::vector<Attempt> attempts;
  for (const Endpoint& endpoint : dialing.endpoints) {
    attempts.emplace_back(dialing, endpoint);
    attempts.back().next_try += head_start * (std::ssize(attempts) - 1);
  }
  const auto unreachable = [&](Code code, const char* how) {
    return Error{code, dialing.whom + " cannot be reached (" + how + outcome_of(attempts) + ") " + dialing.advice};
  };
  while (true) {
    if (auto allowed = dialing.go_on(); !allowed) return std::move(allowed).error();
    const Deadline now = Clock::now();
    if (now >= dialing.deadline) return unreachable(Code::timeout, "the time is up; ");
    const Attempt* const chosen = chosen_of(attempts);
    for (Attempt& attempt : attempts)
      if (!chosen && attempt.state == State::resting && attempt.next_try <= now) attempt.start();
    if (std::ranges::all_of(attempts, [](const Attempt& a) { return a.state == State::hopeless; }))
      return unreachable(Code::remote_error, "");
    poll_once(attempts, dialing.deadline, chosen && chosen->state == State::waiting_welcome);
    const auto done = std::ranges::find(attempts, State::connected, &Attempt::state);
    if (done != attempts.end()) return done->take();
  }
}

}  // namespace treering
