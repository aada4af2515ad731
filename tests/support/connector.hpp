// Connections between the ranks of a test, over sockets of this host: ranks are threads, or processes that fork()
// makes.
#pragma once

#include <netinet/in.h>
#include <sys/un.h>

#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "transports/transport.hpp"

namespace treering::test {

/// Where each rank listens. Made before the ranks are, so that whoever connects first need not wait.
class Doors {
 public:
  explicit Doors(Rank ranks);

 private:
  friend class SocketConnector;
  struct Door {
    Descriptor local, tcp;
    sockaddr_un local_address{};
    socklen_t local_length = 0;
    sockaddr_in tcp_address{};
  };
  std::vector<Door> doors_;
};

/// The Connector of one rank, with a thread of its own. Nothing is authenticated.
class SocketConnector final : public Connector {
 public:
  SocketConnector(const Doors& doors, Rank rank);
  ~SocketConnector() override;

  Result<Descriptor> connect(Rank peer, Purpose purpose) override;
  void on_accept(Purpose purpose, std::function<void(Rank, Descriptor)> accepted) override;
  void watch(int fd, std::function<bool()> readable) override;
  void forget(int fd) override;
  std::chrono::milliseconds silence_timeout() const override { return std::chrono::seconds(10); }

 private:
  struct Accepted {
    Rank peer;
    Purpose purpose;
    Descriptor socket;
  };

  void run();
  bool accept_from(int listener);

  const Doors& doors_;
  const Rank rank_;
  Descriptor poller_;
  Descriptor stop_;
  std::recursive_mutex mutex_;  // held while a callback runs, which may call back
  std::map<int, std::function<bool()>> watched_;
  std::map<Purpose, std::function<void(Rank, Descriptor)>> accepted_;
  std::vector<Accepted> waiting_;
  std::thread thread_;
};

}  // namespace treering::test
