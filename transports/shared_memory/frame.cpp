#include "transports/shared_memory/frame.hpp"

namespace treering::shared_memory {
namespace {

void put(Frame::Encoded& encoded, std::size_t at, std::size_t width, std::uint64_t value) {
  for (std::size_t k = 0; k < width; ++k) encoded[at + k] = static_cast<std::byte>(value >> 8 * k);
}

std::uint64_t get(const Frame::Encoded& encoded, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t k = 0; k < width; ++k) value |= std::to_integer<std::uint64_t>(encoded[at + k]) << 8 * k;
  return value;
}

}  // namespace

Frame::Encoded encode(const Frame& frame) {
  Frame::Encoded encoded{};
  put(encoded, 0, 4, static_cast<std::uint32_t>(frame.kind));
  put(encoded, 4, 4, frame.lane);
  put(encoded, 8, 8, frame.number);
  put(encoded, 16, 8, frame.bytes);
  return encoded;
}

std::optional<Frame> decode(const Frame::Encoded& encoded) {
  const auto kind = static_cast<Frame::Kind>(get(encoded, 0, 4));
  if (kind < Frame::Kind::hello || kind > Frame::Kind::goodbye) return {};
  return Frame{kind, static_cast<std::uint32_t>(get(encoded, 4, 4)), get(encoded, 8, 8), get(encoded, 16, 8)};
}

}  // namespace treering::shared_memory
