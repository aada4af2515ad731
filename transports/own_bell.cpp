#include "transports/own_bell.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <system_error>
#include <vector>

#include "transports/mapping.hpp"
#include "transports/wire.hpp"

namespace treering {

/// The bells of this process that have no owner. Never destroyed: late rings go on until the process ends.
class BellPool {
 public:
  static BellPool& of_this_process() {
    static auto* pool = new BellPool;
    return *pool;
  }

  Result<OwnBell> take() {
    const std::lock_guard lock(mutex_);
    forget_parents_bells();
    if (unused_.empty())
      if (auto grown = add_page(); !grown) return std::move(grown).error();
    OwnBell::Slot& slot = unused_.back();
    if (slot.bell.event < 0) slot.bell.event = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (slot.bell.event < 0)
      return Error{Code::system_error, fmt::format("cannot make an event descriptor ({}) raise the limit on open files "
                                                   "(ulimit -n)",
                                                   std::generic_category().message(errno))};
    OwnBell bell(slot);
    unused_.pop_back();
    bell.slot_.bell.doorbell->sleeping.store(Doorbell::awake, std::memory_order_relaxed);
    bell.drain_event();
    return bell;
  }

  void give_back(const OwnBell::Slot& slot) {
    const std::lock_guard lock(mutex_);
    if (process_ == ::getpid()) unused_.push_back(slot);
  }

 private:
  /// After fork() the child shares its parent's bells: they are not its own.
  void forget_parents_bells() {
    if (process_ == ::getpid()) return;
    process_ = ::getpid();
    unused_.clear();
  }

  Result<void> add_page() {
    auto page = create_shared_file("treering bells", page_bytes());
    if (!page) return std::move(page).error();
    constexpr std::uint64_t apart = 2 * cache_line_bytes;  // processors fetch lines in pairs
    for (std::uint64_t offset = 0; offset + apart <= page_bytes(); offset += apart) {
      const Bell bell{reinterpret_cast<Doorbell*>(page->memory.first() + offset), -1};
      unused_.push_back({bell, page->file.get(), offset});
    }
    pages_.push_back(*std::move(page));
    return {};
  }

  std::mutex mutex_;
  pid_t process_ = ::getpid();
  std::vector<SharedFile> pages_;
  std::vector<OwnBell::Slot> unused_;
};

Result<OwnBell> OwnBell::create() {
  return BellPool::of_this_process().take();
}

OwnBell::~OwnBell() {
  if (slot_.bell.doorbell) BellPool::of_this_process().give_back(slot_);
}

void OwnBell::drain_event() const {
  std::uint64_t rings = 0;
  [[maybe_unused]] const auto taken = ::read(slot_.bell.event, &rings, sizeof rings);  // nothing to take is fine too
}

}  // namespace treering
