#include "startup/listeners.hpp"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "startup/stale_sockets.hpp"

namespace treering {
namespace {

constexpr int backlog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr int attempts_at_common_port = 16;

Address any_address(Family family) {
  return {family, {}};
}

/// One listening socket, or none (errno).
Descriptor listen_at(const Address& address, std::uint16_t port, int v6_only) {
  const bool v6 = address.family == Family::ipv6;
  Descriptor socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return {};
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (v6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  const SocketAddress to = socket_address(address, port);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.bytes) != 0 ||
      listen(socket.get(), backlog) != 0)
    return {};
  return socket;
}

std::uint16_t port_of(const Descriptor& socket) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

/// All on one port: the one given, or any. Empty if that cannot be (errno).
std::vector<Descriptor> listen_on_port(const std::vector<Address>& addresses, std::uint16_t port, bool everywhere) {
  std::vector<Descriptor> sockets;
  if (everywhere) {
    Descriptor both = listen_at(any_address(Family::ipv6), port, 0);
    if (!both) both = listen_at(any_address(Family::ipv4), port, 0);
    if (both) sockets.push_back(std::move(both));
    return sockets;
  }
  for (const Address& address : addresses) {
    Descriptor one = listen_at(address, port, 1);
    if (!one) return {};
    if (port == 0) port = port_of(one);
    sockets.push_back(std::move(one));
  }
  return sockets;
}

/// That an address lies on; empty for loopback.
std::string interface_of(const Address& address, const std::vector<Interface>& found) {
  const auto at = std::ranges::find(found, address, &Interface::address);
  if (at == found.end() || is_loopback(address)) return "";
  return at->name.substr(0, at->name.find(':'));  // "eth0:1" is a second address of eth0
}

std::string text_of(const TcpListener& listener, const std::vector<Interface>& found) {
  std::string text;
  for (const Address& address : listener.addresses) {
    const auto at = std::ranges::find(found, address, &Interface::address);
    text += (text.empty() ? "" : ", ") + to_string(address) + " (" + (at == found.end() ? "?" : at->name) + ")";
  }
  return "port " + std::to_string(listener.port) + " of " + text;
}

std::string host_name() {
  char name[65] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

/// `reason`: errno of the last attempt.
Error no_port(const PortRange& ports, int reason) {
  const bool one = ports.first == ports.last;
  const std::string range = ports.first == 0 ? "any port"
                            : one            ? "port " + std::to_string(ports.first)
                                  : "ports " + std::to_string(ports.first) + " to " + std::to_string(ports.last);
  const bool all_taken = reason == EADDRINUSE && ports.first != 0;
  return {Code::system_error,
          "no TCP port to listen on (" + range + " of host " + host_name() + ": " +
              (all_taken ? one ? "it is taken" : "all of them are taken" : std::strerror(reason)) +
              (all_taken ? ") widen TREERING_PORTS to one port for each process of a host, or leave it out to let the "
                           "system choose"
                         : ") correct TREERING_PORTS, or leave it out to let the system choose")};
}

}  // namespace

Result<TcpListener> listen_tcp(const Options& options) {
  auto found = interfaces();
  if (!found) return std::move(found).error();
  auto addresses = candidates(*found, options.interfaces, options.address_family);
  if (!addresses) return std::move(addresses).error();
  TcpListener made;
  made.addresses = *std::move(addresses);
  made.interface = interface_of(made.addresses.front(), *found);
  const bool everywhere = options.interfaces.empty() && options.address_family == 0;
  const int first = options.ports.first, last = options.ports.last;
  const int attempts = first == 0 ? attempts_at_common_port : last - first + 1;
  for (int k = 0; k < attempts && made.sockets.empty(); ++k)
    made.sockets = listen_on_port(made.addresses, static_cast<std::uint16_t>(first == 0 ? 0 : first + k), everywhere);
  if (made.sockets.empty()) return no_port(options.ports, errno);
  made.port = port_of(made.sockets.front());
  made.text = text_of(made, *found);
  return made;
}

Result<UnixListener> listen_unix() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string parent = runtime && is_private_directory(runtime) ? runtime : "/tmp";
  remove_stale_sockets(parent);
  UnixListener made;
  made.directory = parent + "/" + socket_directory_prefix() + "XXXXXX";
  const auto fail = [&](const char* what) {
    return Error{Code::system_error, std::string("no Unix socket to listen on (") + what + " " + made.directory + ": " +
                                         std::strerror(errno) + ") make /tmp writable, or set XDG_RUNTIME_DIR"};
  };
  if (!mkdtemp(made.directory.data())) return fail("mkdtemp");
  made.path = made.directory + "/" + socket_name;
  made.socket.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_un address = unix_address(made.path);
  if (!made.socket || bind(made.socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(made.socket.get(), backlog) != 0) {
    const int reason = errno;
    remove(made);
    errno = reason;
    return fail("bind");
  }
  return made;
}

void remove(const UnixListener& listener) {
  for (const char* name : {socket_name, status_socket_name}) unlink((listener.directory + "/" + name).c_str());
  rmdir(listener.directory.c_str());
}

bool raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace treering
