// What is chosen among RDMA ports and their addresses, and what two ranks tell each other of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transports/verbs/card.hpp"
#include "transports/verbs/port.hpp"

namespace treering::verbs {
namespace {

Gid gid(std::initializer_list<std::uint8_t> first, std::initializer_list<std::uint8_t> last) {
  Gid made{};
  std::copy(first.begin(), first.end(), made.begin());
  std::copy(last.begin(), last.end(), made.end() - static_cast<std::ptrdiff_t>(last.size()));
  return made;
}
const Gid link_local = gid({0xfe, 0x80}, {1});
const Gid ipv4 = gid({}, {0xff, 0xff, 192, 168, 77, 1});
const Gid other_ipv4 = gid({}, {0xff, 0xff, 10, 0, 0, 9});
const Gid ipv6 = gid({0xfd, 0}, {0x12, 7});

TEST(RdmaList, TakesNamesByTheirBeginning) {
  EXPECT_TRUE(is_listed("", "mlx5_0", 1));
  EXPECT_TRUE(is_listed("mlx5", "mlx5_0", 1));
  EXPECT_TRUE(is_listed("rxe,mlx5", "mlx5_0", 2));
  EXPECT_FALSE(is_listed("mlx4", "mlx5_0", 1));
  EXPECT_FALSE(is_listed(",", "mlx5_0", 1));
}

TEST(RdmaList, TakesExactNamesAndPorts) {
  EXPECT_TRUE(is_listed("=mlx5_1", "mlx5_1", 2));
  EXPECT_FALSE(is_listed("=mlx5_1", "mlx5_10", 1));
  EXPECT_TRUE(is_listed("mlx5_1:2", "mlx5_10", 2));
  EXPECT_FALSE(is_listed("=mlx5_1:2", "mlx5_1", 1));
  EXPECT_TRUE(is_listed("=mlx5_1:2,mlx5_3", "mlx5_3", 1));
}

TEST(RdmaList, LeavesOut) {
  EXPECT_FALSE(is_listed("^mlx5_1", "mlx5_10", 1));
  EXPECT_TRUE(is_listed("^=mlx5_1", "mlx5_10", 1));
  EXPECT_FALSE(is_listed("^=mlx5_1:1,mlx5_3", "mlx5_3", 2));
  EXPECT_TRUE(is_listed("^=mlx5_1:1", "mlx5_1", 2));
  EXPECT_TRUE(is_listed("^", "mlx5_1", 2));
}

TEST(RoceAddresses, AreGlobalAndTheFirstOfTheirFamily) {
  const Addresses chosen = choose_addresses({{link_local, 0}, {ipv6, 3}, {other_ipv4, 5}, {ipv4, 1}});
  ASSERT_TRUE(chosen.ipv4 && chosen.ipv6);
  EXPECT_EQ(chosen.ipv4->gid, ipv4);
  EXPECT_EQ(chosen.ipv4->index, 1);
  EXPECT_EQ(chosen.ipv6->gid, ipv6);
  EXPECT_EQ(chosen.ipv6->index, 3);
}

TEST(RoceAddresses, AreNoneWhereAllAreLinkLocal) {
  const Addresses chosen = choose_addresses({{link_local, 0}, {link_local, 1}});
  EXPECT_FALSE(chosen.ipv4 || chosen.ipv6);
  EXPECT_TRUE(choose_addresses({{link_local, 0}}, true).ipv6);
}

TEST(RoceAddresses, AreWrittenAsPeopleWriteThem) {
  EXPECT_EQ(text_of(ipv4), "192.168.77.1");
  EXPECT_EQ(text_of(ipv6), "fd00::1207");
}

Card some_card() {
  return {.is_infiniband = true,
          .mtu = 5,
          .lid = 0xabcd,
          .queue_pair = 0x123456,
          .first_packet = 0xfedcba,
          .ipv4 = ipv4,
          .ipv6 = ipv6};
}

TEST(RdmaCard, ComesBackAsItWent) {
  const auto back = decode(encode(some_card()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->kind, Card::Kind::card);
  EXPECT_TRUE(back->is_infiniband);
  EXPECT_EQ(back->mtu, 5);
  EXPECT_EQ(back->lid, 0xabcd);
  EXPECT_EQ(back->queue_pair, 0x123456u);
  EXPECT_EQ(back->first_packet, 0xfedcbau);
  EXPECT_EQ(back->ipv4, ipv4);
  EXPECT_EQ(back->ipv6, ipv6);

  Card plain = some_card();
  plain.is_infiniband = false;
  plain.ipv6.reset();
  const auto also = decode(encode(plain));
  ASSERT_TRUE(also);
  EXPECT_FALSE(also->is_infiniband);
  EXPECT_FALSE(also->ipv6);
  EXPECT_TRUE(decode(encode(Card{.kind = Card::Kind::ready})));
}

TEST(RdmaCard, IsRefusedIfItMakesNoSense) {
  const std::pair<std::size_t, std::uint8_t> wrong[] = {
      {0, 0},  {0, 3},  // kind
      {1, 2},           // version
      {3, 0},  {3, 6},  // MTU
      {6, 1},           // a LID of more than 16 bits
      {11, 1}, {15, 1}  // numbers of more than 24
  };
  for (const auto& [at, value] : wrong) {
    auto bytes = encode(some_card());
    bytes[at] = std::byte{value};
    EXPECT_FALSE(decode(bytes)) << "byte " << at << " is " << int{value};
  }
}

}  // namespace
}  // namespace treering::verbs
