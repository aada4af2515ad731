// Who can reach whom over RDMA, as the roster tells it.
#include "communicator/rdma.hpp"

#include <gtest/gtest.h>

namespace treering {
namespace {

const RdmaReach none{}, roce4{.ipv4 = true}, roce6{.ipv6 = true}, roce{.ipv4 = true, .ipv6 = true};
const RdmaReach subnet_a{.infiniband = true, .subnet = 0xfe80}, subnet_b{.infiniband = true, .subnet = 0xfe81};

Roster roster_of(std::initializer_list<RdmaReach> reaches) {
  Roster roster;
  for (const RdmaReach& reach : reaches) {
    Member& member = roster.emplace_back();
    member.rank = static_cast<Rank>(roster.size()) - 1;
    member.rdma = reach;
  }
  return roster;
}
bool can_join(const RdmaReach& a, const RdmaReach& b) {
  const Roster two = roster_of({a, b});
  EXPECT_EQ(can_join_by_rdma(two[0], two[1]), can_join_by_rdma(two[1], two[0]));
  EXPECT_EQ(can_join_by_rdma(two[0], two[1]), all_can_join_by_rdma(two));
  return can_join_by_rdma(two[0], two[1]);
}

TEST(RdmaReach, TakesANetworkInCommon) {
  EXPECT_TRUE(can_join(roce4, roce));
  EXPECT_TRUE(can_join(roce6, roce));
  EXPECT_FALSE(can_join(roce4, roce6));
  EXPECT_TRUE(can_join(subnet_a, subnet_a));
  EXPECT_FALSE(can_join(subnet_a, subnet_b));
  EXPECT_FALSE(can_join(subnet_a, roce));
  EXPECT_FALSE(can_join(none, none));
  EXPECT_FALSE(can_join(none, roce));
}

TEST(RdmaReach, OfManyIsThatOfEachPair) {
  EXPECT_TRUE(all_can_join_by_rdma(roster_of({roce, roce4, roce})));
  EXPECT_FALSE(all_can_join_by_rdma(roster_of({roce, roce4, roce6})));
  EXPECT_FALSE(all_can_join_by_rdma(roster_of({subnet_a, subnet_a, subnet_b})));
  EXPECT_FALSE(all_can_join_by_rdma(roster_of({roce, roce, none})));
}

TEST(RdmaPorts, AreTakenInTurnByTheRanksOfAHost) {
  Rdma rdma;
  rdma.ports = {{.device = "a"}, {.device = "b"}};
  Roster roster = roster_of({roce, roce, roce, roce, roce});
  for (const std::size_t on_other_host : {1, 3}) roster[on_other_host].boot[0] = std::byte{1};
  std::string taken;
  for (Rank rank = 0; rank < 5; ++rank) taken += port_of(rdma, roster, rank).device;
  EXPECT_EQ(taken, "aabba");  // by host: ranks 0, 2, 4 and ranks 1, 3
}

}  // namespace
}  // namespace treering
