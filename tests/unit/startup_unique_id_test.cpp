#include <gtest/gtest.h>

#include "startup/encoding.hpp"
#include "startup/interface_rate.hpp"
#include "startup/launch.hpp"
#include "startup/member.hpp"
#include "startup/unique_id.hpp"

namespace treering {
namespace {

Address ipv4(int a, int b, int c, int d) {
  Address address;
  const int bytes[] = {a, b, c, d};
  for (std::size_t k = 0; k < 4; ++k) address.bytes[k] = static_cast<std::byte>(bytes[k]);
  return address;
}

Address ipv6(int first, int last) {
  Address address{Family::ipv6, {}};
  address.bytes[0] = static_cast<std::byte>(first);
  address.bytes[15] = static_cast<std::byte>(last);
  return address;
}

MeetingPlace place_with(std::vector<Address> addresses) {
  MeetingPlace place{4711, {}, std::move(addresses)};
  for (std::size_t k = 0; k < place.secret.size(); ++k) place.secret[k] = static_cast<std::byte>(3 * k + 1);
  return place;
}

TEST(UniqueId, SaysWhatWasPutIn) {
  const MeetingPlace place = place_with({ipv4(10, 1, 2, 3), ipv6(0x20, 9), ipv4(127, 0, 0, 1)});
  const auto read = decode(encode(place));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->port, 4711);
  EXPECT_EQ(read->secret, place.secret);
  EXPECT_EQ(read->addresses, place.addresses);
}

TEST(UniqueId, KeepsLoopbackWhenNotAllAddressesFit) {
  std::vector<Address> many;
  for (int k = 1; k < 20; ++k) many.push_back(ipv6(0x20, k));
  many.push_back(ipv4(127, 0, 0, 1));
  const auto read = decode(encode(place_with(many)));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_GE(read->addresses.size(), 4u);
  EXPECT_EQ(read->addresses.front(), many.front());
  EXPECT_EQ(read->addresses.back(), many.back());
}

TEST(UniqueId, EveryDamagedByteIsNoticed) {
  const UniqueId id = encode(place_with({ipv4(10, 1, 2, 3), ipv4(127, 0, 0, 1)}));
  for (std::size_t k = 0; k < id.bytes.size(); ++k) {
    UniqueId damaged = id;
    damaged.bytes[k] ^= std::byte{0x10};
    EXPECT_FALSE(decode(damaged)) << "byte " << k;
  }
  EXPECT_FALSE(decode(UniqueId{}));
}

TEST(UniqueId, HexadecimalThereAndBack) {
  const UniqueId id = encode(place_with({ipv4(127, 0, 0, 1)}));
  const auto back = unique_id_from_hex(to_hex(id));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->bytes, id.bytes);
  EXPECT_FALSE(unique_id_from_hex(to_hex(id).substr(2)));
  EXPECT_FALSE(unique_id_from_hex(std::string(256, 'x')));
}

TEST(Addresses, ChoiceOfInterfacesReadsAsNcclDoes) {
  EXPECT_TRUE(is_chosen("eth0", "eth"));
  EXPECT_FALSE(is_chosen("eth0", "=eth"));
  EXPECT_TRUE(is_chosen("ib1", "=eth0,ib1"));
  EXPECT_FALSE(is_chosen("ib10", "=eth0,ib1"));
  EXPECT_FALSE(is_chosen("docker0", "^docker,lo"));
  EXPECT_TRUE(is_chosen("eth0", "^docker,lo"));
  EXPECT_TRUE(is_chosen("docker0", "^=docker"));
}

TEST(Addresses, CandidatesEndWithLoopbackAndNameWhatThereIs) {
  const std::vector<Interface> found = {
      {"eth0", ipv4(10, 0, 0, 1)}, {"ib0", ipv6(0x20, 1)}, {"lo", ipv4(127, 0, 0, 1)}};
  const auto all = candidates(found, "", 0);
  ASSERT_TRUE(all);
  EXPECT_EQ(*all, (std::vector<Address>{found[0].address, found[1].address, found[2].address}));
  const auto only = candidates(found, "=ib0", 0);
  ASSERT_TRUE(only);
  EXPECT_EQ(*only, (std::vector<Address>{found[1].address, found[2].address}));
  const auto none = candidates(found, "wlan", 0);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("eth0 10.0.0.1"), std::string::npos) << none.error().message;
}

TEST(Member, SurvivesTheWire) {
  Member member{.rank = 7,
                .pid = 911,
                .host = "host",
                .socket_path = "/tmp/x/service",
                .port = 99,
                .addresses = {ipv4(10, 0, 0, 7), ipv6(0x20, 7)},
                .device = 3,
                .processors = {4, 2, 1, 5},
                .constants = {},
                .interface = "eth1",
                .mbits = 25'000,
                .place = 12,
                .declared_mbits = 400'000};
  member.constants = {{1, 2, 3, 4, 5, 106}, {60, 70, 80, 90, 100, 110}, 11, 13};
  member.boot[3] = std::byte{5};
  member.process[4] = std::byte{6};
  Encoder out;
  encode(member, out);
  Decoder in(out.view());
  const Member back = decode_member(in);
  ASSERT_TRUE(in.complete());
  EXPECT_EQ(name_of(back), "rank 7 (host host, pid 911)");
  EXPECT_EQ(back.socket_path, member.socket_path);
  EXPECT_EQ(back.addresses, member.addresses);
  EXPECT_EQ(back.boot, member.boot);
  EXPECT_EQ(back.process, member.process);
  EXPECT_EQ(back.device, 3);
  EXPECT_EQ(back.processors.first, 4);
  EXPECT_EQ(back.processors.count, 2);
  EXPECT_EQ(back.processors.first_domain, 1);
  EXPECT_EQ(back.processors.domains, 5);
  EXPECT_EQ(back.constants, member.constants);
  EXPECT_EQ(back.interface, "eth1");
  EXPECT_EQ(back.mbits, 25'000u);
  EXPECT_EQ(back.place, 12);
  EXPECT_EQ(back.declared_mbits, 400'000u);
  for (std::size_t cut = 0; cut < out.size(); ++cut) {
    Decoder shorter(out.view().first(cut));
    decode_member(shorter);
    EXPECT_FALSE(shorter.complete()) << cut;
  }
}

TEST(Member, TakesNoMoreBytesThanItsBound) {
  const std::string endless(1000, 'x');
  const Member member{.host = endless,
                      .socket_path = endless,
                      .addresses = std::vector<Address>(50, ipv6(0x20, 7)),
                      .processors = {},
                      .constants = {},
                      .interface = endless};
  Encoder out;
  encode(member, out);
  EXPECT_LE(out.size(), longest_member_bytes);
  EXPECT_GT(out.size(), longest_member_bytes - 50);
}

TEST(Member, WithConstantsOutOfBoundsIsRefused) {
  for (const auto& [of, most] : {std::pair(&HostConstants::gamma_ps, HostConstants::most_ps),
                                 std::pair(&HostConstants::cache_kib, HostConstants::most_kib)}) {
    for (const std::uint32_t value : {most, most + 1}) {
      Member member;
      member.constants.*of = value;
      Encoder out;
      encode(member, out);
      Decoder in(out.view());
      decode_member(in);
      EXPECT_EQ(in.complete(), value == most) << value;
    }
  }
}

TEST(Member, WithRatesOrAPlaceOutOfBoundsIsRefused) {
  const auto is_taken = [](const Member& member) {
    Encoder out;
    encode(member, out);
    Decoder in(out.view());
    decode_member(in);
    return in.complete();
  };
  for (const auto of : {&Member::mbits, &Member::declared_mbits})
    for (const std::uint32_t value : {most_mbits, most_mbits + 1}) {
      Member member;
      member.*of = value;
      EXPECT_EQ(is_taken(member), value == most_mbits) << value;
    }
  Member member;
  for (const std::int32_t place : {-2, Member::nowhere, 0}) {
    member.place = place;
    EXPECT_EQ(is_taken(member), place >= -1) << place;
  }
}

TEST(Tree, LeadsFromEveryRankToEveryOther) {
  for (Rank ranks = 1; ranks <= 40; ++ranks) {
    for (Rank rank = 0; rank < ranks; ++rank) {
      Rank below = 1;
      for (const Rank child : children_in_tree(rank, ranks)) {
        EXPECT_EQ(parent_in_tree(child), rank);
        below += subtree_size(child, ranks);
      }
      EXPECT_EQ(below, subtree_size(rank, ranks));
      for (Rank target = 0; target < ranks; ++target) {
        Rank at = rank;
        int hops = 0;
        while (at != target && hops < 20) {
          at = next_in_tree(at, target, ranks);
          ++hops;
        }
        EXPECT_EQ(at, target) << rank << " to " << target << " of " << ranks;
      }
    }
  }
}

}  // namespace
}  // namespace treering
