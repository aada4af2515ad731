#include "startup/unique_id.hpp"

#include <cstring>

#include "startup/encoding.hpp"

namespace treering {
namespace {

constexpr std::array<char, 8> magic = {'T', 'R', 'E', 'E', 'R', 'I', 'N', 'G'};
constexpr std::uint8_t version = 1;
constexpr std::size_t fixed_bytes = 8 + 1 + 1 + 2 + sizeof(Secret);
constexpr std::size_t checked_bytes = sizeof(UniqueId) - 4;

// FNV-1a. Against truncation and damage on the way, not against forgery: who has the id has the secret anyway.
std::uint32_t check_of(std::span<const std::byte> bytes) {
  std::uint32_t hash = 2166136261u;
  for (const std::byte b : bytes) hash = (hash ^ static_cast<std::uint32_t>(b)) * 16777619u;
  return hash;
}

}  // namespace

UniqueId encode(const MeetingPlace& place) {
  std::vector<Address> kept;
  std::size_t room = checked_bytes - fixed_bytes;
  // The last one, loopback, always has its place: on one host it is the one that surely works.
  const std::size_t last = place.addresses.empty() ? 0 : 1 + place.addresses.back().size();
  for (std::size_t k = 0; k < place.addresses.size(); ++k) {
    const Address& address = place.addresses[k];
    const std::size_t reserved = k + 1 == place.addresses.size() ? 0 : last;
    if (room < 1 + address.size() + reserved) continue;
    room -= 1 + address.size();
    kept.push_back(address);
  }

  Encoder out;
  out.bytes(std::as_bytes(std::span(magic)));
  out.number(version);
  out.number(static_cast<std::uint8_t>(kept.size()));
  out.number(place.port);
  out.bytes(place.secret);
  for (const Address& address : kept) {
    out.number(static_cast<std::uint8_t>(address.family));
    out.bytes(std::span(address.bytes).first(address.size()));
  }
  UniqueId id;
  std::memcpy(id.bytes.data(), out.view().data(), out.size());
  Encoder check;
  check.number(check_of(std::span(id.bytes).first(checked_bytes)));
  std::memcpy(id.bytes.data() + checked_bytes, check.view().data(), check.size());
  return id;
}

Result<MeetingPlace> decode(const UniqueId& id) {
  const auto refuse = [](const char* reason) {
    return Error{Code::invalid_argument,
                 std::string("this unique id cannot be used (") + reason +
                     ") pass all 128 bytes from the call that made it, unchanged, to every rank"};
  };
  Decoder in(id.bytes);
  const auto found = in.bytes(magic.size());
  if (std::memcmp(found.data(), magic.data(), magic.size()) != 0) return refuse("it was not made by Treering");
  if (in.number<std::uint8_t>() != version) return refuse("it was made by an incompatible version of Treering");
  const auto count = in.number<std::uint8_t>();
  MeetingPlace place;
  place.port = in.number<std::uint16_t>();
  in.bytes_into(place.secret);
  for (int k = 0; k < count && in.ok(); ++k) {
    Address address;
    const auto family = in.number<std::uint8_t>();
    if (family != 4 && family != 6) return refuse("it is damaged: an address of unknown kind");
    address.family = static_cast<Family>(family);
    const auto bytes = in.bytes(address.size());
    std::memcpy(address.bytes.data(), bytes.data(), bytes.size());
    place.addresses.push_back(address);
  }
  Decoder check(std::span(id.bytes).last(4));
  if (!in.ok() || in.rest().size() < 4 ||
      check.number<std::uint32_t>() != check_of(std::span(id.bytes).first(checked_bytes)))
    return refuse("it is damaged: its check does not match");
  if (place.port == 0 || place.addresses.empty()) return refuse("it names no address");
  return place;
}

}  // namespace treering
