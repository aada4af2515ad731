// Memory that links read and write by themselves, without this process's help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "transports/framed/frame.hpp"
#include "treering/result.hpp"

namespace treering::framed {

/// A transport whose links send what the process hands them has none.
class Registrar {
 public:
  /// A ring of a wire, for as long as the transport lives: links read the source, the peer writes the target.
  enum class Use : std::uint8_t { source, target };
  virtual Result<void> admit(std::span<std::byte> ring, Use use) = 0;
  /// Of a ring that was admitted: what its sender has to know.
  virtual RingPlace place_of(const std::byte* ring) const = 0;

  /// Can links read these bytes, the user's, where they lie? Asked once for every longer message.
  virtual bool can_read(const std::byte* first, std::uint64_t bytes) = 0;

 protected:
  ~Registrar() = default;
};

}  // namespace treering::framed
