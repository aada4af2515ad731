// Where strangers wait until they have proven who they are. On the event thread only; nothing here waits.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "startup/event_thread.hpp"
#include "startup/handshake.hpp"

namespace treering {

class Reception {
 public:
  static constexpr std::size_t most_strangers = 64;
  static constexpr std::chrono::milliseconds patience{5000};  ///< for a whole handshake
  static constexpr std::chrono::milliseconds grace{250};  ///< a stranger younger than this is not dropped for another

  struct Callbacks {
    /// The keys of the communicator if `greeting.to` is at home for this; else null.
    std::function<std::shared_ptr<const Keys>(const Greeting& greeting)> keys;
    std::function<void(const Greeting& greeting, Descriptor socket)> welcome;
  };
  Reception(EventThread& events, Callbacks callbacks);
  ~Reception();

  /// Accepts from this listening socket from now on. `local`: a Unix socket, whose peer must be of our user.
  Result<void> open(int listener, bool local);
  void close();  ///< forgets the listeners and drops all strangers

  /// Connections that ended without a proof, for whatever reason.
  std::uint64_t turned_away() const { return turned_away_; }
  std::size_t strangers() const { return strangers_.size(); }

 private:
  struct Stranger;
  struct Door {
    int fd;
    bool local;
  };
  void accept_some(const Door& door);
  bool make_room();
  void pause(std::chrono::milliseconds time);
  void resume();
  void admit(Descriptor socket);
  void ready(std::uint64_t number);
  bool take_hello(Stranger& stranger);
  bool take_proof(Stranger& stranger);
  void turn_away(std::uint64_t number);

  EventThread& events_;
  Callbacks callbacks_;
  std::vector<Door> doors_;
  std::map<std::uint64_t, std::unique_ptr<Stranger>> strangers_;  // by arrival: the oldest is the first
  std::uint64_t arrivals_ = 0;
  std::uint64_t turned_away_ = 0;
  bool paused_ = false;
};

}  // namespace treering
