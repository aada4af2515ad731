// Explicit little-endian encoding of what travels between processes, and bounds on all that is read back.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace treering {

class Encoder {
 public:
  template <std::integral T>
  void number(T value) {
    auto rest = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t k = 0; k < sizeof(T); ++k) {
      out_.push_back(static_cast<std::byte>(rest & 0xff));
      if constexpr (sizeof(T) > 1) rest = static_cast<std::make_unsigned_t<T>>(rest >> 8);
    }
  }
  void bytes(std::span<const std::byte> data) { out_.insert(out_.end(), data.begin(), data.end()); }
  /// At most `longest` bytes, cut there; read back by text(longest).
  void text(std::string_view value, std::size_t longest) {
    value = value.substr(0, longest);
    number(static_cast<std::uint16_t>(value.size()));
    bytes(std::as_bytes(std::span(value)));
  }

  std::size_t size() const { return out_.size(); }
  std::vector<std::byte> take() { return std::move(out_); }
  std::span<const std::byte> view() const { return out_; }

 private:
  std::vector<std::byte> out_;
};

/// Reads what an Encoder wrote. After the first thing that is not there or out of bounds, all that follows is zero and
/// ok() is false: callers check once, at the end.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> data) : rest_(data) {}

  template <std::integral T>
  T number() {
    const auto data = bytes(sizeof(T));
    std::make_unsigned_t<T> value = 0;
    for (std::size_t k = 0; k < data.size(); ++k) {
      const auto digit = static_cast<std::make_unsigned_t<T>>(data[k]);
      value = static_cast<std::make_unsigned_t<T>>(value | static_cast<std::make_unsigned_t<T>>(digit << (8 * k)));
    }
    return static_cast<T>(value);
  }
  /// The next `count` bytes, valid as long as the data; empty if there are fewer.
  std::span<const std::byte> bytes(std::size_t count) {
    if (rest_.size() < count) {
      fail();
      return {};
    }
    const auto found = rest_.first(count);
    rest_ = rest_.subspan(count);
    return found;
  }
  template <std::size_t N>
  void bytes_into(std::array<std::byte, N>& out) {
    const auto found = bytes(N);
    if (found.size() == N) std::memcpy(out.data(), found.data(), N);
  }
  std::string text(std::size_t longest) {
    const auto length = number<std::uint16_t>();
    if (length > longest) fail();
    const auto found = bytes(ok_ ? length : 0);
    return std::string(reinterpret_cast<const char*>(found.data()), found.size());
  }

  void fail() {
    ok_ = false;
    rest_ = {};
  }
  bool ok() const { return ok_; }
  /// Everything was read, and nothing was out of bounds.
  bool complete() const { return ok_ && rest_.empty(); }
  std::span<const std::byte> rest() const { return rest_; }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace treering
