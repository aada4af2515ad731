#include "topology/measurement/processors.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <thread>

namespace treering::topology {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

template <std::size_t size>
double median(std::array<double, size> values) {
  std::ranges::nth_element(values, values.begin() + size / 2);
  return values[size / 2];
}

/// On a pair of cache lines of its own: processors fetch lines in pairs.
struct alignas(128) Flag {
  std::atomic<std::uint32_t> turn{0};

  /// False: somebody gave up. Both spin, each bound; should one have lost its core to others, so long as that takes.
  bool wait_for(std::uint32_t wanted, const std::atomic<bool>& given_up) const {
    constexpr int long_in_vain = 1 << 16;
    for (int looks = 0; turn.load(std::memory_order_acquire) != wanted; ++looks) {
      if (given_up.load(std::memory_order_relaxed)) return false;
      if (looks > long_in_vain) sched_yield();
    }
    return true;
  }
};

constexpr std::size_t batches = 15;
constexpr std::uint32_t rounds_in_batch = 500;

/// The sum keeps the compiler from leaving the loads out; four of them keep the processor's load units busy.
std::uint64_t sum_of(std::span<const std::byte> bytes) {
  std::array<std::uint64_t, 4> sums{};
  std::array<std::uint64_t, 4> words;
  for (std::size_t at = 0; at + sizeof words <= bytes.size(); at += sizeof words) {
    std::memcpy(words.data(), bytes.data() + at, sizeof words);
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += words[k];
  }
  return sums[0] + sums[1] + sums[2] + sums[3];
}

/// Of a few passes of `pass` over the memory, after one that warms up.
template <class Pass>
double rate_of(Processor processor, const FarMemory& memory, const Pass& pass) {
  constexpr std::size_t passes = 5;
  std::array<double, passes> seconds{};
  const bool ran = run_on(processor, [&] {
    pass(memory.bytes());
    for (double& one : seconds) {
      const auto begin = Clock::now();
      pass(memory.bytes());
      one = seconds_since(begin);
    }
  });
  return ran && !memory.bytes().empty() ? static_cast<double>(memory.bytes().size()) / median(seconds) : -1;
}

/// False: there is no thread to be had.
template <class Work>
bool start(std::thread& thread, const Work& work) {
  try {
    thread = std::thread(work);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

std::size_t far_bytes() {
  constexpr std::size_t least = std::size_t{64} << 20, most = std::size_t{1} << 30;
  const long last_cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
  return std::clamp(2 * static_cast<std::size_t>(std::max(last_cache, 0L)), least, most);
}

}  // namespace

bool may_run_on(Processor processor) {
  cpu_set_t allowed;
  return processor >= 0 && processor < CPU_SETSIZE && sched_getaffinity(0, sizeof allowed, &allowed) == 0 &&
         CPU_ISSET(processor, &allowed);
}

bool run_on(Processor processor, const std::function<void()>& work) {
  if (!may_run_on(processor)) return false;
  bool is_bound = false;
  std::thread thread;
  const bool is_started = start(thread, [&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    is_bound = sched_setaffinity(0, sizeof one, &one) == 0;
    if (is_bound) work();
  });
  if (is_started) thread.join();
  return is_bound;
}

double flag_seconds(Processor one, Processor other) {
  if (one == other || !may_run_on(one) || !may_run_on(other)) return -1;
  Flag there, back;
  std::atomic<bool> given_up{false};
  std::array<double, batches> seconds{};
  constexpr std::uint32_t rounds = (batches + 1) * rounds_in_batch;  // the first batch warms up
  const auto echo = [&] {
    for (std::uint32_t turn = 1; turn <= rounds && there.wait_for(turn, given_up); ++turn)
      back.turn.store(turn, std::memory_order_release);
  };
  std::uint32_t turn = 0;
  const auto batch = [&] {
    for (const std::uint32_t end = turn + rounds_in_batch; turn < end;) {
      there.turn.store(++turn, std::memory_order_release);
      if (!back.wait_for(turn, given_up)) return;
    }
  };
  const auto call = [&] {
    batch();
    for (double& each : seconds) {
      const auto begin = Clock::now();
      batch();
      each = seconds_since(begin) / (2 * rounds_in_batch);
    }
  };
  std::thread echoing;
  const bool is_started = start(echoing, [&] {
    if (!run_on(other, echo)) given_up = true;
  });
  if (!is_started) return -1;
  if (!run_on(one, call)) given_up = true;
  echoing.join();
  return given_up ? -1 : median(seconds);
}

FarMemory::FarMemory(Processor touched_by) {
  const std::size_t size = far_bytes();
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  if (run_on(touched_by, [&] { std::memset(memory, 1, size); }))
    bytes_ = {static_cast<std::byte*>(memory), size};
  else
    munmap(memory, size);
}

FarMemory::~FarMemory() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

double read_rate(Processor processor, const FarMemory& memory) {
  std::atomic<std::uint64_t> sink{0};
  return rate_of(processor, memory, [&](std::span<const std::byte> bytes) { sink = sum_of(bytes); });
}

double write_rate(Processor processor, const FarMemory& memory) {
  int value = 0;
  return rate_of(processor, memory,
                 [&](std::span<std::byte> bytes) { std::memset(bytes.data(), ++value, bytes.size()); });
}

}  // namespace treering::topology
