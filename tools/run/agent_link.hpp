// An agent as treering-run sees it: a process of this host, perhaps ssh, and what goes in and comes out.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/run/frames.hpp"
#include "tools/run/hosts.hpp"
#include "transports/transport.hpp"
#include "treering/result.hpp"

namespace treering::run {

class AgentLink {
 public:
  explicit AgentLink(Share share) : share_(std::move(share)) {}

  /// Runs `command`, in a process group of its own: what the terminal sends is for us to pass on.
  Result<void> start(const std::vector<std::string>& command);
  void send(Frame kind, std::string_view contents = {});
  void flush();
  /// Takes what has come. False: nothing comes any more.
  bool receive();
  std::optional<std::pair<Frame, std::string>> next() { return frames_.next(); }

  const Share& share() const { return share_; }
  bool is_open() const { return bool(from_); }
  /// Does it speak, and the same release as we do?
  bool has_greeted() const { return greeted_; }
  const std::string& other_version() const { return other_version_; }
  pollfd readable() const { return {from_.get(), POLLIN, 0}; }
  pollfd writable() const { return {queue_.empty() ? -1 : to_.get(), POLLOUT, 0}; }
  /// How the process ended, in words; kills it if it has not.
  std::string close();

  int running = 0;  ///< ranks that have not ended
  bool is_ready = false;

 private:
  void take_greeting();

  Share share_;
  pid_t pid_ = -1;
  Descriptor to_, from_;
  std::string queue_;
  std::string before_greeting_;
  bool greeted_ = false;
  std::string other_version_;
  FrameReader frames_;
};

}  // namespace treering::run
