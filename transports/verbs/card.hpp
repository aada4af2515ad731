// What two ranks tell each other over a socket to join their queue pairs. Fixed size, little-endian.
//
//   whoever has connected                    the other
//   card                                 ->
//                                        <-  card, when its queue pair can receive
//   ready, when its queue pair can       ->
//
// So that nothing is sent to a queue pair that is not there yet, for which it would wait in vain for a second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "transports/verbs/port.hpp"
#include "treering/result.hpp"

namespace treering::verbs {

struct Card {
  enum class Kind : std::uint8_t { card = 1, ready = 2 };
  Kind kind = Kind::card;
  bool is_infiniband = false;
  std::uint8_t mtu = 0;  ///< as verbs count
  std::uint16_t lid = 0;
  std::uint32_t queue_pair = 0;    ///< its number, 24 bits
  std::uint32_t first_packet = 0;  ///< number of the first packet that it sends, 24 bits
  std::optional<Gid> ipv4 = {}, ipv6 = {};
};

inline constexpr std::size_t card_bytes = 64;
std::array<std::byte, card_bytes> encode(const Card& card);
/// The message is a phrase about the peer.
Result<Card> decode(const std::array<std::byte, card_bytes>& bytes);

}  // namespace treering::verbs
