// One-way latency of a wire in shared memory: half of a ping-pong between two cores that look for news without a pause.
// Messages of 8 and 56 bytes travel in a line, longer ones in the ring. With `bell` each is followed by what engines do
// after a message (a fence, and a look whether the peer sleeps, which it never does here).
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "micro/per.hpp"
#include "support/lockstep.hpp"
#include "transports/mapping.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/wire.hpp"

namespace {

using namespace treering;

constexpr std::uint64_t ring_bytes = 1 << 20;
constexpr std::uint32_t going_on = 1, stopping = 2;  // digests of messages

/// What one side sees of the two wires between them.
struct Side {
  SendEnd send;
  RecvEnd recv;
  bool rings = false;
  std::vector<std::byte> data;

  void put(std::uint32_t digest) {
    if (data.size() <= longest_whole(ring_bytes)) {
      put_whole(digest);
    } else {
      put_in_parts(digest);
    }
    if (rings) ring(send.bell);
  }

  /// False: the peer stops.
  bool get() {
    for (;;) {
      const Arrival arrival = recv.arrived(going_on);
      if (arrival == Arrival::mismatch) return false;
      if (arrival == Arrival::message) break;
    }
    if (data.size() <= longest_whole(ring_bytes)) {
      std::memcpy(data.data(), recv.place_of_whole(data.size()), data.size());
      recv.release_whole(data.size());
    } else {
      get_in_parts();
    }
    if (rings) ring(recv.bell);
    return true;
  }

 private:
  void put_whole(std::uint32_t digest) {
    std::byte* place = nullptr;
    while (!place) place = send.place_of_whole(data.size());
    std::memcpy(place, data.data(), data.size());
    send.post_whole(data.size(), digest);
  }

  void put_in_parts(std::uint32_t digest) {
    while (!send.has_line()) continue;
    send.begin(data.size(), std::nullopt);
    for (std::uint64_t done = 0; done < data.size();) {
      const std::uint64_t bytes = send.room(data.size() - done, 1);
      if (bytes == 0) continue;
      std::memcpy(send.room_at(), data.data() + done, bytes);
      send.commit(bytes, digest);
      done += bytes;
    }
    send.end();
  }

  void get_in_parts() {
    recv.begin(data.size());
    for (std::uint64_t done = 0; done < data.size();) {
      const std::uint64_t bytes = recv.available(data.size() - done, 1);
      std::memcpy(data.data() + done, recv.data_at(), bytes);
      recv.consume(bytes);
      done += bytes;
    }
    recv.end();
  }
};

/// Two sides with a wire each way, in memory that a forked child shares.
class Pair {
 public:
  Pair(std::uint64_t bytes, bool rings) {
    for (int from = 0; from < 2; ++from) {
      Side& sender = sides[from];
      Side& receiver = sides[1 - from];
      sender.send.wire = receiver.recv.wire = wire_in(memory_[from].memory, ring_bytes);
      sender.send.bell = bells_[1 - from].bell();
      receiver.recv.bell = bells_[from].bell();
      sender.rings = rings;
      sender.data.assign(bytes, std::byte{0x5a});
    }
  }

  Side sides[2];

 private:
  static SharedFile wire_memory() {
    return test::must(create_shared_file("treering-wire-benchmark", wire_bytes(ring_bytes)));
  }
  SharedFile memory_[2] = {wire_memory(), wire_memory()};
  OwnBell bells_[2] = {test::must(OwnBell::create()), test::must(OwnBell::create())};
};

void echo(Side& side) {
  while (side.get()) side.put(going_on);
}

/// Ends with a message that stops the other side.
void ping(benchmark::State& state, Side& side) {
  for (int round = 0; round < 1000; ++round) {  // until the other side is there
    side.put(going_on);
    side.get();
  }
  for (auto _ : state) {
    side.put(going_on);
    side.get();
  }
  side.put(stopping);
  state.counters["one way"] = perf::per(2);
}

void between_threads(benchmark::State& state, bool rings) {
  Pair pair(static_cast<std::uint64_t>(state.range(0)), rings);
  std::thread other([&pair] { echo(pair.sides[1]); });
  ping(state, pair.sides[0]);
  other.join();
}

void between_processes(benchmark::State& state, bool rings) {
  Pair pair(static_cast<std::uint64_t>(state.range(0)), rings);
  const pid_t child = ::fork();
  if (child < 0) {
    state.SkipWithError("cannot fork");
    return;
  }
  if (child == 0) {
    echo(pair.sides[1]);
    ::_exit(0);
  }
  ping(state, pair.sides[0]);
  ::waitpid(child, nullptr, 0);
}

}  // namespace

int main(int arguments, char** values) {
  benchmark::Initialize(&arguments, values);
  if (std::thread::hardware_concurrency() < 2) {
    std::puts("SKIPPED: this machine has one core, and both sides need one of their own");
    return 0;
  }
  const auto sizes = [](benchmark::internal::Benchmark* made) { made->Arg(8)->Arg(56)->Arg(1024)->Arg(16384); };
  for (const bool rings : {false, true}) {
    const std::string bell = rings ? "/bell" : "";
    sizes(benchmark::RegisterBenchmark(("processes" + bell).c_str(), between_processes, rings)->UseRealTime());
    sizes(benchmark::RegisterBenchmark(("threads" + bell).c_str(), between_threads, rings)->UseRealTime());
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
