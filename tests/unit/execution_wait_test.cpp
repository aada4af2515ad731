// Waiting ends whenever there is news: however many threads share a core, however late the news, however they sleep.
#include "execution/wait.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "transports/own_bell.hpp"

namespace treering {
namespace {

using namespace std::chrono_literals;

/// A mailbox with one number in it. What is waited for is that the number reaches `awaited`.
class Mailbox final : public Waitable {
 public:
  enum class Kind { futex, descriptor };

  explicit Mailbox(Kind kind) : own_(*OwnBell::create()), bell_(own_.bell()) {
    if (kind == Kind::descriptor) socket_ = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  }

  // The owner's thread.
  void await(std::uint64_t number) { awaited_ = number; }
  std::uint64_t taken() const { return taken_; }
  int sleeps() const { return sleeps_; }
  int overslept() const { return overslept_; }

  bool progress() override {
    rings_seen_ = bell_.doorbell->rings.load(std::memory_order_acquire);
    const std::uint64_t now = number_.load(std::memory_order_acquire);
    return std::exchange(taken_, now) != now;
  }
  bool over() override { return taken_ >= awaited_; }
  const Bell& bell() const override { return bell_; }
  void add_wait_descriptors(std::vector<int>& all) const override {
    if (socket_) all.push_back(socket_.get());
  }
  void slept() override {
    ++sleeps_;
    const bool was_rung = bell_.doorbell->rings.load(std::memory_order_acquire) != rings_seen_;
    overslept_ += !was_rung && posted_beside_sleeper_.load(std::memory_order_acquire) > taken_;
  }

  // Any other thread.
  void post(std::uint64_t number) {
    number_.store(number, std::memory_order_release);
    ring_if_asleep(bell_);
    // Whoever sleeps still either looks once more, or has slept through it. An owner whom the clock woke just before
    // needs no ring.
    if (owner_sleeps()) posted_beside_sleeper_.store(number, std::memory_order_release);
  }
  bool owner_sleeps() const { return bell_.doorbell->sleeping.load(std::memory_order_acquire) != Doorbell::awake; }

 private:
  OwnBell own_;
  Bell bell_;
  Descriptor socket_;  // never readable
  std::atomic<std::uint64_t> number_{0};
  std::atomic<std::uint64_t> posted_beside_sleeper_{0};
  std::uint64_t awaited_ = 0, taken_ = 0;
  std::uint32_t rings_seen_ = 0;
  int sleeps_ = 0;
  int overslept_ = 0;  // woken by the clock beside news of which nobody rang
};

void wait(Mailbox& mailbox, std::uint64_t number, Patience& patience) {
  mailbox.await(number);
  Waitable* const all[] = {&mailbox};
  wait_until_over(all, patience);
}

struct Policy {
  std::string name;
  Mailbox::Kind kind;
  std::chrono::nanoseconds spin;
  bool shares_core;
  unsigned ranks_a_core = 1;

  Patience patience() const { return {spin, shares_core, CoreShare(ranks_a_core)}; }
};

class Wait : public testing::TestWithParam<Policy> {};

TEST_P(Wait, ATokenGoesRoundMoreThreadsThanCores) {
  const unsigned ranks = 2 * std::max(2u, std::thread::hardware_concurrency());
  constexpr std::uint64_t rounds = 500;
  std::vector<std::unique_ptr<Mailbox>> mailboxes;
  for (unsigned rank = 0; rank < ranks; ++rank) mailboxes.push_back(std::make_unique<Mailbox>(GetParam().kind));
  std::atomic<int> lost{0};
  std::vector<std::thread> threads;
  for (unsigned rank = 0; rank < ranks; ++rank)
    threads.emplace_back([&, rank] {
      Patience patience = GetParam().patience();
      Mailbox& mine = *mailboxes[rank];
      Mailbox& next = *mailboxes[(rank + 1) % ranks];
      for (std::uint64_t round = 1; round <= rounds; ++round) {
        const std::uint64_t token = (round - 1) * ranks + rank;
        if (token > 0) {
          wait(mine, token, patience);
          EXPECT_EQ(mine.taken(), token);
        }
        next.post(token + 1);
        // A wake-up that is lost costs a tenth of a second: once it is plain, the rest would take hours.
        if (lost.load() > 10) {
          ADD_FAILURE() << "wake-ups are lost";
          std::_Exit(1);
        }
        lost += mine.overslept();
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lost, 0);
}

TEST_P(Wait, ThePeerComesOnlyWhenAllSleep) {
  constexpr unsigned ranks = 6;
  std::vector<std::unique_ptr<Mailbox>> mailboxes;
  for (unsigned rank = 0; rank < ranks; ++rank) mailboxes.push_back(std::make_unique<Mailbox>(GetParam().kind));
  std::vector<std::thread> threads;
  for (unsigned rank = 0; rank < ranks; ++rank)
    threads.emplace_back([&, rank] {
      Patience patience = GetParam().patience();
      for (std::uint64_t number = 1; number <= 3; ++number) wait(*mailboxes[rank], 10 * number + rank, patience);
    });
  for (std::uint64_t number = 1; number <= 3; ++number) {
    for (const auto& mailbox : mailboxes)
      while (!mailbox->owner_sleeps()) std::this_thread::yield();
    for (unsigned rank = 0; rank < ranks; ++rank) mailboxes[rank]->post(10 * number + rank);
  }
  for (std::thread& thread : threads) thread.join();
  for (unsigned rank = 0; rank < ranks; ++rank) {
    EXPECT_EQ(mailboxes[rank]->taken(), 30 + rank);
    EXPECT_GE(mailboxes[rank]->sleeps(), 1);
  }
}

TEST_P(Wait, OneThreadWaitsForSeveralWhoseNewsComesOneByOne) {
  std::vector<std::unique_ptr<Mailbox>> mailboxes;
  std::vector<Waitable*> all;
  for (unsigned rank = 0; rank < 3; ++rank) {
    mailboxes.push_back(std::make_unique<Mailbox>(GetParam().kind));
    mailboxes.back()->await(7 + rank);
    all.push_back(mailboxes.back().get());
  }
  std::thread owner([&] {
    Patience patience = GetParam().patience();
    wait_until_over(all, patience);
  });
  for (const unsigned rank : {1, 2, 0}) {
    while (!mailboxes[rank]->owner_sleeps()) std::this_thread::yield();
    mailboxes[rank]->post(7 + rank);
  }
  owner.join();
  for (unsigned rank = 0; rank < 3; ++rank) EXPECT_EQ(mailboxes[rank]->taken(), 7 + rank);
}

INSTANTIATE_TEST_SUITE_P(All, Wait,
                         testing::Values(Policy{"AtOnceOnAFutex", Mailbox::Kind::futex, 0us, false},
                                         Policy{"AtOnceOnADescriptor", Mailbox::Kind::descriptor, 0us, false},
                                         Policy{"SpinsThenFutex", Mailbox::Kind::futex, 200us, false},
                                         Policy{"SpinsThenDescriptor", Mailbox::Kind::descriptor, 200us, false},
                                         Policy{"YieldsThenFutex", Mailbox::Kind::futex, 200us, true, 2},
                                         Policy{"YieldsThenDescriptor", Mailbox::Kind::descriptor, 200us, true, 2},
                                         Policy{"SharesACoreAndSleepsAtOnce", Mailbox::Kind::futex, 0us, true, 2}),
                         [](const auto& instance) { return instance.param.name; });

TEST(Wait, NobodySleepsWhilePatienceLasts) {
  Mailbox mine(Mailbox::Kind::futex), theirs(Mailbox::Kind::futex);
  // A share that nobody gets less of: other programs must not make the outcome.
  const Patience patient{1h, true, CoreShare(1'000'000)};
  constexpr std::uint64_t rounds = 2000;
  std::thread peer([&, patience = patient]() mutable {
    for (std::uint64_t round = 1; round <= rounds; ++round) {
      wait(theirs, round, patience);
      mine.post(round);
    }
  });
  Patience patience = patient;
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    theirs.post(round);
    wait(mine, round, patience);
  }
  peer.join();
  EXPECT_EQ(mine.sleeps() + theirs.sleeps(), 0);
}

}  // namespace
}  // namespace treering
