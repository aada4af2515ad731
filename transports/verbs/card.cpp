#include "transports/verbs/card.hpp"

#include <algorithm>
#include <cstring>

#include "transports/framed/frame.hpp"

namespace treering::verbs {
namespace {

// Where things are.
constexpr std::size_t at_version = 1, at_flags = 2, at_mtu = 3, at_lid = 4, at_queue_pair = 8, at_first_packet = 12,
                      at_ipv4 = 16, at_ipv6 = 32;
constexpr std::uint8_t version = 1;
enum Flag : std::uint8_t { infiniband = 1, has_ipv4 = 2, has_ipv6 = 4 };
constexpr std::uint32_t most_24_bits = (1U << 24) - 1;

void put(const std::optional<Gid>& gid, std::byte* at) {
  if (gid) std::memcpy(at, gid->data(), gid->size());
}
Gid gid_at(const std::byte* at) {
  Gid gid;
  std::memcpy(gid.data(), at, gid.size());
  return gid;
}

}  // namespace

std::array<std::byte, card_bytes> encode(const Card& card) {
  std::array<std::byte, card_bytes> bytes{};
  const int flags = (card.is_infiniband ? infiniband : 0) | (card.ipv4 ? has_ipv4 : 0) | (card.ipv6 ? has_ipv6 : 0);
  bytes[0] = static_cast<std::byte>(card.kind);
  bytes[at_version] = std::byte{version};
  bytes[at_flags] = static_cast<std::byte>(flags);
  bytes[at_mtu] = static_cast<std::byte>(card.mtu);
  framed::store_little_endian(card.lid, &bytes[at_lid]);
  framed::store_little_endian(card.queue_pair, &bytes[at_queue_pair]);
  framed::store_little_endian(card.first_packet, &bytes[at_first_packet]);
  put(card.ipv4, &bytes[at_ipv4]);
  put(card.ipv6, &bytes[at_ipv6]);
  return bytes;
}

Result<Card> decode(const std::array<std::byte, card_bytes>& bytes) {
  const auto kind = std::to_integer<std::uint8_t>(bytes[0]);
  const auto flags = std::to_integer<std::uint8_t>(bytes[at_flags]);
  const std::uint32_t lid = framed::load_little_endian(&bytes[at_lid]);
  Card card{.kind = static_cast<Card::Kind>(kind),
            .is_infiniband = (flags & infiniband) != 0,
            .mtu = std::to_integer<std::uint8_t>(bytes[at_mtu]),
            .lid = static_cast<std::uint16_t>(lid),
            .queue_pair = framed::load_little_endian(&bytes[at_queue_pair]),
            .first_packet = framed::load_little_endian(&bytes[at_first_packet])};
  if (flags & has_ipv4) card.ipv4 = gid_at(&bytes[at_ipv4]);
  if (flags & has_ipv6) card.ipv6 = gid_at(&bytes[at_ipv6]);
  const bool known = (card.kind == Card::Kind::card || card.kind == Card::Kind::ready) &&
                     std::to_integer<std::uint8_t>(bytes[at_version]) == version;
  const bool bounded = card.mtu <= 5 && lid <= 0xffff && card.queue_pair <= most_24_bits &&
                       card.first_packet <= most_24_bits && (card.kind == Card::Kind::ready || card.mtu >= 1);
  if (!known || !bounded) return Error{Code::remote_error, "what it says of its queue pair makes no sense"};
  return card;
}

}  // namespace treering::verbs
