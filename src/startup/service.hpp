// The one service of a process: its background thread, its listeners, and the list of who is at home for whom. Started
// at the first use; it lasts as long as the process. After fork() the child gets one of its own; what it had of its
// parent's communicators it cannot use.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "startup/event_thread.hpp"
#include "startup/handshake.hpp"
#include "startup/listeners.hpp"
#include "startup/member.hpp"
#include "startup/reception.hpp"
#include "startup/silence_log.hpp"
#include "startup/status_door.hpp"

namespace treering {

/// Called on the service thread with an authenticated connection.
using Accepted = std::function<void(Rank from, Descriptor socket)>;

class Service {
 public:
  /// This process's own. Any thread. It is never destroyed.
  static Result<Service*> of_process();

  EventThread& events() { return *events_; }
  /// What this process is to others; rank and device are left open.
  const Member& self() const { return self_; }

  struct Visits {
    std::size_t strangers;      ///< who wait to prove themselves
    std::uint64_t turned_away;  ///< since the start
  };
  Visits visits();

  // Any thread. Connections for a rank that has entered but has no handler for their purpose wait for it.

  /// `rank` of the communicator (nobody: its rendezvous) is at home here until leave(). An error if it is here already.
  Result<void> enter(const std::shared_ptr<const Keys>& keys, Rank rank);
  void leave(const Digest& communicator, Rank rank);
  /// Who takes connections to `rank` for `purpose`; empty: nobody. When this returns, the former one is not running.
  void on_accept(const Digest& communicator, Rank rank, Purpose purpose, Accepted accepted);

  /// What a rank says to whoever asks at the status door. When this returns, what was there before is not running.
  void on_status(const Digest& communicator, Rank rank, StatusTexts texts);

  /// Where silent hosts are told of.
  SilenceLog& silences() { return silences_; }

  // On the service thread.

  /// One roster a communicator and process: the one given, or an earlier one with the same contents.
  std::shared_ptr<const Roster> shared_roster(const Digest& communicator) const;
  void share_roster(const Digest& communicator, const std::shared_ptr<const Roster>& roster);

 private:
  struct Home {
    Accepted accepted[purposes];
    std::vector<std::pair<Rank, Descriptor>> waiting[purposes];
    StatusTexts status;
    bool has_met = false;  // it had texts once: without them now, it is leaving
  };
  struct Communicator {
    std::shared_ptr<const Keys> keys;
    std::map<Rank, Home> homes;
    std::weak_ptr<const Roster> roster;
  };
  Service();
  static Result<std::unique_ptr<Service>> start();
  Result<void> open_doors();
  std::string status() const;
  Home* home(const Digest& communicator, Rank rank);
  void welcome(const Greeting& greeting, Descriptor socket);

  Member self_;
  SilenceLog silences_;
  std::unique_ptr<EventThread> events_;
  TcpListener tcp_;
  UnixListener unix_;
  std::unique_ptr<Reception> reception_;
  std::unique_ptr<StatusDoor> status_door_;
  std::map<Digest, Communicator> communicators_;  // on the service thread only
};

/// A rank's stay in a communicator, ended with its owner.
class Stay {
 public:
  static Result<std::shared_ptr<Stay>> begin(Service& service, std::shared_ptr<const Keys> keys, Rank rank);
  Stay(Service& service, std::shared_ptr<const Keys> keys, Rank rank);
  ~Stay();

  Service& service() const { return service_; }
  const std::shared_ptr<const Keys>& keys() const { return keys_; }
  Rank rank() const { return rank_; }
  void on_status(StatusTexts texts) const { service_.on_status(keys_->communicator(), rank_, std::move(texts)); }
  void on_accept(Purpose purpose, Accepted accepted) const {
    service_.on_accept(keys_->communicator(), rank_, purpose, std::move(accepted));
  }

 private:
  Service& service_;
  std::shared_ptr<const Keys> keys_;
  Rank rank_;
};

}  // namespace treering
