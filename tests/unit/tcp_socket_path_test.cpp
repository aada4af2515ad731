// What is said of where a connection leads.
#include "transports/socket_path.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

#include "transports/transport.hpp"

namespace treering {
namespace {

/// A connection to a listener for both families, as processes have it, from an address of one.
struct Connection {
  explicit Connection(int family) {
    const Descriptor listener(socket(AF_INET6, SOCK_STREAM, 0));
    const int off = 0;
    setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    socklen_t bytes = sizeof any;
    if (bind(listener.get(), reinterpret_cast<sockaddr*>(&any), bytes) != 0 || listen(listener.get(), 1) != 0) return;
    getsockname(listener.get(), reinterpret_cast<sockaddr*>(&any), &bytes);
    port = ntohs(any.sin6_port);
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = any.sin6_port;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    any.sin6_addr = in6addr_loopback;
    calling.reset(socket(family, SOCK_STREAM, 0));
    const auto* to = family == AF_INET ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&any);
    if (connect(calling.get(), to, family == AF_INET ? sizeof v4 : sizeof any) != 0) return;
    called.reset(accept(listener.get(), nullptr, nullptr));
  }

  Descriptor calling, called;
  int port = 0;
};

TEST(SocketPath, NamesBothAddressesAndTheInterface) {
  Connection connection(AF_INET);
  ASSERT_TRUE(connection.called);
  const std::string port = std::to_string(connection.port);
  EXPECT_EQ(SocketPath(connection.calling.get()).text(), "from 127.0.0.1 on lo to 127.0.0.1:" + port);
  // The listener for both families sees ::ffff:127.0.0.1.
  EXPECT_THAT(SocketPath(connection.called.get()).text(), testing::StartsWith("from 127.0.0.1 on lo to 127.0.0.1:"));
  EXPECT_TRUE(SocketPath(connection.called.get()).is_local());
}

TEST(SocketPath, PutsAddressesOfIpv6IntoBrackets) {
  Connection connection(AF_INET6);
  if (!connection.called) GTEST_SKIP() << "SKIPPED: there is no ::1 here";
  const SocketPath path(connection.calling.get());
  EXPECT_EQ(path.text(), "from ::1 on lo to [::1]:" + std::to_string(connection.port));
  EXPECT_TRUE(path.is_local());
}

TEST(SocketPath, OutlivesTheConnection) {
  Connection connection(AF_INET);
  ASSERT_TRUE(connection.called);
  const SocketPath path(connection.calling.get());
  connection.calling.reset();
  connection.called.reset();
  EXPECT_EQ(path.text(), "from 127.0.0.1 on lo to 127.0.0.1:" + std::to_string(connection.port));
}

TEST(SocketPath, HasNothingToSayOfOtherSockets) {
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  const Descriptor one(pair[0]), other(pair[1]);
  EXPECT_EQ(SocketPath(one.get()).text(), "");
  EXPECT_FALSE(SocketPath(one.get()).is_local());
  EXPECT_EQ(SocketPath(-1).text(), "");
}

TEST(SocketPath, SilenceIsTheNetworksAndNotThePeers) {
  for (const int error : {ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENETDOWN}) EXPECT_TRUE(is_silence(error)) << error;
  for (const int error : {0, ECONNRESET, ECONNREFUSED, EPIPE}) EXPECT_FALSE(is_silence(error)) << error;
}

}  // namespace
}  // namespace treering
