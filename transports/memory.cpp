#include "transports/memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "transports/mapping.hpp"

namespace treering::memory {
namespace {

struct Allocation {
  std::uint64_t number;
  SharedFile shared;

  std::uintptr_t first() const { return reinterpret_cast<std::uintptr_t>(shared.memory.first()); }
};

/// Every allocation, by address. Never destroyed: a user's static objects may hold memory to the very end.
struct Table {
  std::shared_mutex mutex;
  std::vector<Allocation> allocations;  // sorted by address
  std::uint64_t last_number = 0;
  std::atomic<std::size_t> size{0};  // so that who allocates nothing here never takes the lock
  std::atomic<std::uint64_t> releases{0};
};

Table& table() {
  static auto* made = new Table;
  return *made;
}

/// The one that begins at or before `address`, if any holds it.
std::vector<Allocation>::const_iterator holding(const std::vector<Allocation>& all, std::uintptr_t address) {
  const auto after = std::upper_bound(all.begin(), all.end(), address,
                                      [](std::uintptr_t wanted, const Allocation& a) { return wanted < a.first(); });
  if (after == all.begin()) return all.end();
  const auto found = std::prev(after);
  return address - found->first() < found->shared.memory.bytes() ? found : all.end();
}

auto numbered(const std::vector<Allocation>& all, std::uint64_t number) {
  return std::find_if(all.begin(), all.end(), [&](const Allocation& a) { return a.number == number; });
}

}  // namespace

Result<void*> allocate(std::uint64_t bytes) {
  constexpr std::uint64_t most = std::uint64_t{1} << 46;
  if (bytes == 0 || bytes > most)
    return Error{Code::invalid_argument,
                 fmt::format("cannot allocate {} bytes (1 to {} can be) correct the size", bytes, most)};
  auto shared = create_shared_file("treering memory", round_up_to_pages(bytes));
  if (!shared) return std::move(shared).error();
  constexpr std::uint64_t huge_page = std::uint64_t{2} << 20;
  if (bytes >= huge_page)
    (void)::madvise(shared->memory.first(), shared->memory.bytes(), MADV_HUGEPAGE);  // where offered
  void* const first = shared->memory.first();

  Table& all = table();
  const std::lock_guard lock(all.mutex);
  const auto place =
      std::upper_bound(all.allocations.begin(), all.allocations.end(), reinterpret_cast<std::uintptr_t>(first),
                       [](std::uintptr_t wanted, const Allocation& a) { return wanted < a.first(); });
  all.allocations.insert(place, Allocation{++all.last_number, *std::move(shared)});
  all.size.store(all.allocations.size(), std::memory_order_relaxed);
  return first;
}

Result<void> release(void* first) {
  Table& all = table();
  Allocation released;  // unmapped after the lock is given back: that takes long
  const std::lock_guard lock(all.mutex);
  const auto found = holding(all.allocations, reinterpret_cast<std::uintptr_t>(first));
  if (found == all.allocations.end() || found->first() != reinterpret_cast<std::uintptr_t>(first))
    return Error{
        Code::invalid_argument,
        fmt::format("cannot free memory at {} (it was not allocated here, or has been freed already) pass what "
                    "the allocation returned, once",
                    first)};
  const auto place = all.allocations.begin() + (found - all.allocations.cbegin());
  released = std::move(*place);
  all.allocations.erase(place);
  all.size.store(all.allocations.size(), std::memory_order_relaxed);
  all.releases.fetch_add(1, std::memory_order_release);
  return {};
}

std::optional<Loan> find(const void* first, std::uint64_t bytes) {
  Table& all = table();
  if (all.size.load(std::memory_order_relaxed) == 0) return {};
  const auto address = reinterpret_cast<std::uintptr_t>(first);
  const std::shared_lock lock(all.mutex);
  const auto found = holding(all.allocations, address);
  if (found == all.allocations.end()) return {};
  const std::uint64_t offset = address - found->first();
  if (bytes > found->shared.memory.bytes() - offset) return {};
  return Loan{found->number, offset};
}

Result<Region> region(std::uint64_t number) {
  Table& all = table();
  const std::shared_lock lock(all.mutex);
  const auto found = numbered(all.allocations, number);
  if (found == all.allocations.end())
    return Error{Code::invalid_usage,
                 "memory was freed while it was being sent (an operation still uses it) "
                 "wait for the operation, then free"};
  Descriptor copy(::fcntl(found->shared.file.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return Error{Code::system_error, "cannot hand memory to a peer (too many open files) raise ulimit -n"};
  return Region{std::move(copy), found->shared.memory.bytes()};
}

bool exists(std::uint64_t number) {
  Table& all = table();
  const std::shared_lock lock(all.mutex);
  return numbered(all.allocations, number) != all.allocations.end();
}

std::uint64_t releases() {
  return table().releases.load(std::memory_order_acquire);
}

}  // namespace treering::memory
