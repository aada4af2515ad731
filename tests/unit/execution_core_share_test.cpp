// When yielding the core pays, over a clock of the test's own.
#include "execution/core_share.hpp"

#include <gtest/gtest.h>

namespace treering {
namespace {

using namespace std::chrono_literals;

/// A thread whose time passes as the test says.
class Thread {
 public:
  explicit Thread(unsigned ranks_a_core) : share_(ranks_a_core) {}

  void work(std::chrono::nanoseconds time) {
    now_ += time;
    used_ += time;
  }
  void yield(std::chrono::nanoseconds away) {
    share_.yielded(now_, now_ + away);
    now_ += away;
  }
  void find_news() {
    share_.found_news([this] {
      ++clocks_read_;
      return used_;
    });
  }
  void sleep(std::chrono::nanoseconds time) {
    now_ += time;
    share_.slept();
  }
  /// Operations in each of which it works, and waits once.
  void operate(int operations, std::chrono::nanoseconds working, std::chrono::nanoseconds away) {
    for (int k = 0; k < operations && yields(); ++k) {
      work(working);
      yield(away);
      find_news();
    }
  }
  bool yields() const { return share_.pays(now_); }
  int clocks_read() const { return clocks_read_; }

  /// Lets the sentence pass; how long it took.
  std::chrono::milliseconds wait_until_it_yields() {
    auto waited = 0ms;
    for (; !yields(); waited += 1ms) now_ += 1ms;
    return waited;
  }

 private:
  CoreShare share_;
  CoreShare::Time now_{1h};
  std::chrono::nanoseconds used_{5s};
  int clocks_read_ = 0;
};

TEST(CoreShare, ShortYieldsPayAndCostNoClock) {
  Thread thread(4);
  thread.operate(100'000, 1us, 100us);
  EXPECT_TRUE(thread.yields());
  EXPECT_EQ(thread.clocks_read(), 0);
}

TEST(CoreShare, LongYieldsPayWherePeersWorkAsLong) {
  Thread thread(4);
  thread.operate(1000, 2ms, 6ms);
  EXPECT_TRUE(thread.yields());
}

TEST(CoreShare, LongYieldsPayWherePeersWorkSomewhatLonger) {
  Thread thread(4);
  thread.operate(1000, 400us, 4ms);
  EXPECT_TRUE(thread.yields());
}

TEST(CoreShare, YieldingStopsWhereAThreadGetsNextToNothing) {
  Thread thread(4);
  thread.operate(10, 1us, 3ms);
  EXPECT_FALSE(thread.yields());
}

TEST(CoreShare, MoreRanksToACoreMakeASmallerShare) {
  Thread of_two(2), of_many(32);
  of_two.operate(1000, 100us, 3ms);
  of_many.operate(1000, 100us, 3ms);
  EXPECT_FALSE(of_two.yields());
  EXPECT_TRUE(of_many.yields());
}

TEST(CoreShare, APeerThatIsLateTellsNothing) {
  Thread thread(2);
  for (int late = 0; late < 100; ++late) {
    for (int k = 0; k < 30; ++k) thread.yield(4ms);
    thread.find_news();
    thread.operate(1000, 1us, 2us);
  }
  EXPECT_TRUE(thread.yields());
}

TEST(CoreShare, WhoSleptIsNotStarved) {
  Thread thread(2);
  for (int k = 0; k < 100; ++k) {
    thread.operate(2, 1us, 3ms);
    thread.sleep(1ms);
  }
  EXPECT_TRUE(thread.yields());
}

TEST(CoreShare, ItIsTriedAgainLessAndLessOften) {
  Thread thread(2);
  auto before = 0ms;
  for (int k = 0; k < 4; ++k) {
    thread.operate(10, 1us, 3ms);
    ASSERT_FALSE(thread.yields());
    const auto sentence = thread.wait_until_it_yields();
    EXPECT_GT(sentence, before);
    before = sentence;
  }
  for (int k = 0; k < 20; ++k) {
    thread.operate(10, 1us, 3ms);
    EXPECT_LT(thread.wait_until_it_yields(), 1s) << "the machine may have become quiet long ago";
  }
}

TEST(CoreShare, GoodTimesAreForgiving) {
  Thread thread(2);
  thread.operate(10, 1us, 3ms);
  const auto first = thread.wait_until_it_yields();
  for (int k = 0; k < 5; ++k) {
    thread.operate(10, 1us, 3ms);
    thread.wait_until_it_yields();
  }
  thread.operate(200'000, 1us, 2us);
  thread.operate(10, 1us, 3ms);
  EXPECT_EQ(thread.wait_until_it_yields(), first);
}

}  // namespace
}  // namespace treering
