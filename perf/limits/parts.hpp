// The parts that a collective over slots in shared memory is made of, each by itself.
#pragma once

#include "crew.hpp"

namespace limits {

/// Prints GB/s of each of the two processes, both at it at once: memory read, written past the caches and through them;
/// slices of 128 KiB written to slots that the other has read, and read from slots that the other has written.
/// `shared`: shared memory, at least parts_bytes.
int parts(Worker& worker, float* shared);
constexpr std::size_t parts_bytes = std::size_t{512} << 20;

}  // namespace limits
