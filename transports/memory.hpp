// Memory that peers on this host can read and write in place: what ncclMemAlloc gives. Process-wide, since a buffer
// belongs to no communicator. All functions may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "transports/lending.hpp"
#include "transports/transport.hpp"
#include "treering/result.hpp"

namespace treering::memory {

/// Zeroed, page-aligned, at least `bytes` long (more than 0). Peers map it for reading and writing: where an operation
/// names it, they fetch what they need and put down results there.
/// A process that fork()s shares it with its child.
Result<void*> allocate(std::uint64_t bytes);

/// Gives back what allocate() gave; no operation may be using it. The pages are free as soon as this process has driven
/// its communicators once more and the peers that had read there have heard of it.
Result<void> release(void* first);

/// The allocation that holds all of [first, first + bytes), and where in it they begin. Nothing: there is none.
std::optional<Loan> find(const void* first, std::uint64_t bytes);

/// An allocation's memory file, to hand to a peer. Numbers count from 1 and are never used again.
struct Region {
  Descriptor file;
  std::uint64_t bytes = 0;
};
Result<Region> region(std::uint64_t number);
bool exists(std::uint64_t number);

/// How many allocations have been released so far; when it grows, some that peers have mapped may be gone.
std::uint64_t releases();

}  // namespace treering::memory
