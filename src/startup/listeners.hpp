// The sockets at which a process can be reached: TCP on one port, and a Unix socket in a directory that only this user
// can enter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "options/options.hpp"
#include "startup/addresses.hpp"
#include "transports/transport.hpp"
#include "treering/result.hpp"

namespace treering {

struct TcpListener {
  std::vector<Descriptor> sockets;  ///< one for all addresses, or one an address; all on one port
  std::uint16_t port = 0;
  std::vector<Address> addresses;  ///< where it can be reached, in the order of preference
  std::string interface;           ///< that the first of them lies on; empty: it is a loopback address
  std::string text;                ///< "port 4711 of 10.0.0.1 (eth0), 127.0.0.1 (lo)", for people
};
Result<TcpListener> listen_tcp(const Options& options);

struct UnixListener {
  Descriptor socket;
  std::string directory;  ///< of mode 0700; to be removed, with the sockets in it, when the process ends
  std::string path;
};
Result<UnixListener> listen_unix();
void remove(const UnixListener& listener);

/// Raises this process's soft limit on open descriptors to the hard one. False if it is there already.
bool raise_descriptor_limit();

}  // namespace treering
