// The buffers of one rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "treering/result.hpp"

namespace treering::perf {

/// Page-aligned, touched memory; freed with its owner.
class Memory {
 public:
  enum class Home : std::uint8_t { own, of_the_library };  ///< the library's can be read by peers in place

  static Result<Memory> make(std::uint64_t bytes, Home home);

  Memory() = default;
  Memory(Memory&& other) noexcept : data_(std::exchange(other.data_, nullptr)), home_(other.home_) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(home_, other.home_);
    return *this;
  }
  ~Memory();

  std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
  Home home_ = Home::own;
};

}  // namespace treering::perf
