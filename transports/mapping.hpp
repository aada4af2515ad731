// Memory that processes share: sealed memory files, and their mappings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "transports/transport.hpp"
#include "transports/wire.hpp"
#include "treering/result.hpp"

namespace treering {

/// A range of mapped memory, unmapped with its owner.
class Mapping {
 public:
  Mapping() = default;
  Mapping(std::byte* first, std::uint64_t bytes) : first_(first), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  /// Has the pages of the first bytes at hand, which are touched one fault after another otherwise. Linux 5.14; no
  /// error.
  void populate(std::uint64_t bytes) const;

  std::byte* first() const { return first_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::byte* first_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// Zeroed memory of this process alone. Pages that nobody touches cost nothing.
Result<Mapping> map_private(std::uint64_t bytes);

/// Memory without a name that can be handed to other processes. Zeroed, and of this size for good. It lives outside of
/// /dev/shm, whose size does not limit it, and ends with the last process that holds it.
struct SharedFile {
  Descriptor file;
  Mapping memory;  ///< mapped for reading and writing
};
Result<SharedFile> create_shared_file(const char* name, std::uint64_t bytes);

/// Maps for reading and writing what a peer has handed over, if it is a memory file of exactly `bytes` that nobody can
/// make smaller: else touching it could end this process.
Result<Mapping> map_shared_file(const Descriptor& file, std::uint64_t bytes);

std::uint64_t page_bytes();
std::uint64_t round_up_to_pages(std::uint64_t bytes);

/// How the memory of a wire is laid out: control, then the ring, which begins a page.
std::uint64_t wire_bytes(std::uint64_t ring_bytes);
Wire wire_in(const Mapping& memory, std::uint64_t ring_bytes);

inline constexpr std::uint64_t most_ring_bytes = std::uint64_t{1} << 30;
constexpr bool fits_ring(std::uint64_t bytes) {  // what `Wire` asks for
  return bytes >= 4096 && bytes <= most_ring_bytes && (bytes & (bytes - 1)) == 0;
}

}  // namespace treering
