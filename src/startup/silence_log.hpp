// Warnings about hosts that are silent: one a host, however many connections of this process lead there.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "transports/silence.hpp"
#include "treering/types.hpp"

namespace treering {

/// Any thread.
class SilenceLog {
 public:
  using Host = std::array<std::byte, 16>;  ///< the boot id of its kernel

  /// Of a connection of rank `self` to `whom`, "rank 2 (host h2, pid 911)".
  void take(const Host& host, const std::string& whom, Rank self, const SilenceNews& news);

  /// What is to be said of it at `now`, if anything. `timeout`: no silence lasts longer.
  std::optional<std::string> line(const Host& host, const std::string& whom, const SilenceNews& news, Silence::Time now,
                                  std::chrono::milliseconds timeout);

 private:
  std::mutex mutex_;
  std::map<Host, Silence::Time> silent_;  // when people were told
};

}  // namespace treering
