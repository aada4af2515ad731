#include "contract/world.hpp"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <new>
#include <ostream>
#include <thread>

namespace treering::test {

class Meeting {
 public:
  explicit Meeting(Rank ranks) : ranks_(static_cast<std::uint32_t>(ranks)) {}

  void meet() {
    const std::uint32_t round = round_.load();
    if (arrived_.fetch_add(1) + 1 == ranks_) {
      arrived_ = 0;
      round_.fetch_add(1);
      syscall(SYS_futex, &round_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    }
    while (round_.load() == round) syscall(SYS_futex, &round_, FUTEX_WAIT, round, nullptr, nullptr, 0);
  }
  void leave() { ++left_; }
  std::uint32_t left() const { return left_; }

 private:
  const std::uint32_t ranks_;
  std::atomic<std::uint32_t> arrived_{0};
  std::atomic<std::uint32_t> round_{0};
  std::atomic<std::uint32_t> left_{0};
};

namespace {

/// Memory that fork() shares.
struct SharedMeeting {
  explicit SharedMeeting(Rank ranks) {
    void* const place = ::mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) std::abort();
    meeting = new (place) Meeting(ranks);
  }
  ~SharedMeeting() { ::munmap(meeting, sizeof(Meeting)); }
  Meeting* meeting;
};

struct World {
  const Kind& kind;
  Rank ranks;
  std::uint64_t ring_bytes;
  std::uint64_t communicator;
  Doors doors;
  SharedMeeting shared;
};

void run_rank(World& world, Rank rank, const std::function<void(Seat&)>& body) {
  auto bell = OwnBell::create();
  ASSERT_TRUE(bell) << bell.error().message;
  SocketConnector connector(world.doors, rank);
  const Place place{connector, world.communicator, rank, world.ranks, *bell, world.ring_bytes};
  Seat seat{rank,
            world.ranks,
            *bell,
            world.kind.make(place),
            *world.shared.meeting,
            world.kind.ranks_are == Kind::Ranks::processes};
  body(seat);
  if (seat.has_died) return;
  if (world.shared.meeting->left() == 0) seat.meet();
  if (seat.transport) seat.part();
}

void run_threads(World& world, const std::function<void(Seat&)>& body) {
  std::vector<std::thread> threads;
  for (Rank rank = 0; rank < world.ranks; ++rank)
    threads.emplace_back([&world, &body, rank] { run_rank(world, rank, body); });
  for (auto& thread : threads) thread.join();
}

void run_processes(World& world, const std::function<void(Seat&)>& body) {
  std::vector<pid_t> children;
  for (Rank rank = 0; rank < world.ranks; ++rank) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      run_rank(world, rank, body);
      ::fflush(nullptr);
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    children.push_back(child);
  }
  std::uint32_t killed = 0;
  for (std::size_t rank = 0; rank < children.size(); ++rank) {
    const pid_t child = children[rank];
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      ++killed;
    else
      EXPECT_EQ(status, 0) << "rank " << rank << " has failed, see above";
  }
  EXPECT_EQ(killed, world.shared.meeting->left());
}

}  // namespace

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

void Seat::meet() const {
  meeting.meet();
}

void Seat::part() {
  transport->close();
  transport.reset();
}

void Seat::die() {
  has_died = true;
  meeting.leave();
  if (is_process) ::kill(::getpid(), SIGKILL);
  transport.reset();
}

void run(const Kind& kind, Rank ranks, std::uint64_t ring_bytes, const std::function<void(Seat&)>& body) {
  static std::uint64_t communicators = 0;
  World world{kind, ranks, ring_bytes, ++communicators, Doors(ranks), SharedMeeting(ranks)};
  kind.ranks_are == Kind::Ranks::threads ? run_threads(world, body) : run_processes(world, body);
}

}  // namespace treering::test
