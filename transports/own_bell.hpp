// The doorbell of a rank of this process, in memory that can be handed to other processes.
#pragma once

#include "transports/doorbell.hpp"
#include "transports/transport.hpp"
#include "treering/result.hpp"

namespace treering {

/// Made by whoever drives a rank, one for each rank. Neither the memory nor the event descriptor is ever given back to
/// the system: a peer rings after it has published, and by then the owner may have taken the message, finished and
/// gone. The next OwnBell of this process gets them; a late ring wakes its owner for nothing, which does no harm. A
/// process needs one event descriptor for each bell that exists at the same time, and a page for 32 of them.
class OwnBell {
 public:
  static Result<OwnBell> create();
  OwnBell(OwnBell&& other) noexcept : slot_(std::exchange(other.slot_, {})) {}
  OwnBell& operator=(OwnBell&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~OwnBell();

  Bell bell() const { return slot_.bell; }

  /// To pass on: the memory file (one page), where in it the doorbell is, and, in bell(), the event descriptor.
  int file() const { return slot_.file; }
  std::uint64_t offset() const { return slot_.offset; }

  /// The owner, woken by the event descriptor, makes it quiet again.
  void drain_event() const;

 private:
  struct Slot {
    Bell bell;
    int file = -1;
    std::uint64_t offset = 0;
  };
  friend class BellPool;
  explicit OwnBell(const Slot& slot) : slot_(slot) {}
  Slot slot_;
};

}  // namespace treering
