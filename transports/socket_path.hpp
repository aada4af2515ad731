// Between which addresses a connection leads, in words for people.
#pragma once

#include <sys/socket.h>

#include <string>

namespace treering {

/// Is this error of a socket one of a network that is silent, rather than the word of somebody on the other side?
bool is_silence(int error);

/// Asked for while the connection lives: at its end, the system forgets where it led.
class SocketPath {
 public:
  explicit SocketPath(int socket);

  /// "from 10.0.0.1 on eth0 to 10.0.0.2:4711"; says if that interface is down, or has no carrier, now. Empty if this is
  /// no connection over a network.
  std::string text() const;

  /// Are both ends on this host? Then addresses are equal, or both in 127.0.0.0/8.
  bool is_local() const;
  /// Does it lead to another host, over a network?
  bool is_remote() const;

 private:
  sockaddr_storage own_{};
  sockaddr_storage peer_{};
};

}  // namespace treering
