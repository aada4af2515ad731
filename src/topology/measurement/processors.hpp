// Threads on processors of their own, and what they measure there.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace treering::topology {

/// As the operating system numbers hardware threads.
using Processor = int;

/// May this process run there?
bool may_run_on(Processor processor);

/// Runs `work` in a thread that is bound to the processor, and waits for it. False, and nothing is run, where it cannot
/// be bound or there is no thread to be had (ulimit -u).
bool run_on(Processor processor, const std::function<void()>& work);

/// Seconds from a store on one processor to the load on the other that sees it: half of a round trip, median of some
/// batches. Negative: no such two processors, or no threads to be had.
double flag_seconds(Processor one, Processor other);

/// Memory that none of the caches holds at once, on pages that lie where the processor puts them that touches them
/// first. Empty where there is none.
class FarMemory {
 public:
  explicit FarMemory(Processor touched_by);
  FarMemory(const FarMemory&) = delete;
  FarMemory& operator=(const FarMemory&) = delete;
  ~FarMemory();
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

/// Bytes a second that a processor alone reads from memory, or writes to it: median of some passes. Negative: it cannot
/// run.
double read_rate(Processor processor, const FarMemory& memory);
double write_rate(Processor processor, const FarMemory& memory);

}  // namespace treering::topology
