#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "tcp_sockets.hpp"
#include "transports/silence.hpp"

namespace treering {
namespace {

using namespace std::chrono_literals;
using enum Silence::Finding;

/// Looks at a connection once a second on which nothing is heard any more from the first look on.
class Looker {
 public:
  explicit Looker(std::chrono::milliseconds timeout) : silence(timeout) {}
  Silence::Finding hears_nothing() {
    now += 1s;
    return silence.look(now, true, unheard += 1s);
  }
  Silence::Finding hears_something() {
    now += 1s;
    unheard = 0ms;
    return silence.look(now, false, unheard);
  }
  Silence silence;
  Silence::Time now{};
  std::chrono::milliseconds unheard{0};
};

TEST(Silence, IsToldOfOnceAndEndsWithTheAnswer) {
  Looker looker(10s);
  EXPECT_EQ(looker.hears_something(), nothing);
  EXPECT_EQ(looker.hears_nothing(), nothing);
  EXPECT_EQ(looker.hears_nothing(), nothing);
  EXPECT_EQ(looker.hears_nothing(), begun);
  EXPECT_EQ(looker.silence.lasted(), 3s);
  EXPECT_EQ(looker.hears_nothing(), nothing);
  EXPECT_EQ(looker.hears_something(), over);
  EXPECT_EQ(looker.silence.lasted(), 5s);
  EXPECT_EQ(looker.hears_something(), nothing);
}

TEST(Silence, IsToldOfAgainWhenItComesAgain) {
  Looker looker(10s);
  for (int time = 0; time < 2; ++time) {
    for (int second = 0; second < 2; ++second) EXPECT_EQ(looker.hears_nothing(), nothing);
    EXPECT_EQ(looker.hears_nothing(), begun);
    EXPECT_EQ(looker.hears_something(), over);
  }
}

TEST(Silence, LosesTheConnectionAfterTheTimeoutWhateverThatIs) {
  for (const int seconds : {1, 2, 3, 10, 60}) {
    Looker looker{std::chrono::seconds(seconds)};
    int lasted = 1;
    for (; looker.hears_nothing() != lost; ++lasted) ASSERT_LE(lasted, seconds + 1);
    EXPECT_GE(lasted, seconds);
  }
}

TEST(Silence, IsNoneWhereNothingWasAsked) {
  Silence silence(10s);
  EXPECT_EQ(silence.look(Silence::Time(100s), false, 100s), nothing);
  EXPECT_EQ(silence.look(Silence::Time(200s), false, 200s), nothing);
}

TEST(Silence, DoesNotCountTheTimeInWhichNobodyLooked) {
  Silence silence(10s);
  EXPECT_EQ(silence.look(Silence::Time(1s), false, 0s), nothing);
  // Away for a minute, in which an answer has gone missing: 2 s at most are held against the other.
  EXPECT_EQ(silence.look(Silence::Time(61s), true, 60s), nothing);
  EXPECT_EQ(silence.look(Silence::Time(62s), true, 61s), begun);
  EXPECT_EQ(silence.look(Silence::Time(68s), true, 67s), nothing);
  EXPECT_EQ(silence.look(Silence::Time(69s), true, 68s), lost);
}

TEST(SilenceWatch, HasTheKernelAskEverySecond) {
  auto ends = test::connected({"ipv4"});
  ASSERT_TRUE(ends);
  SilenceWatch watch(ends->first.get(), 10s);
  const auto value = [&](int level, int option) {
    int number = -1;
    socklen_t bytes = sizeof number;
    ::getsockopt(ends->first.get(), level, option, &number, &bytes);
    return number;
  };
  EXPECT_EQ(value(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(value(IPPROTO_TCP, TCP_KEEPIDLE), 1);
  EXPECT_EQ(value(IPPROTO_TCP, TCP_KEEPINTVL), 1);
  EXPECT_GT(value(IPPROTO_TCP, TCP_KEEPCNT), 10) << "the kernel would give up before us";
  EXPECT_EQ(watch.look(), nothing);
}

TEST(SilenceWatch, KeepsTheKernelPatientForLonger) {
  auto ends = test::connected({"ipv4"});
  ASSERT_TRUE(ends);
  SilenceWatch watch(ends->first.get(), 10min);
  int interval_s = 0, count = 0;
  socklen_t bytes = sizeof count;
  ::getsockopt(ends->first.get(), IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, &bytes);
  ::getsockopt(ends->first.get(), IPPROTO_TCP, TCP_KEEPCNT, &count, &bytes);
  EXPECT_GT(interval_s * count, 600);
}

TEST(SecondsText, HasATenthWhereItMatters) {
  EXPECT_EQ(seconds_text(10s), "10 s");
  EXPECT_EQ(seconds_text(2560ms), "2.5 s");
  EXPECT_EQ(seconds_text(600s), "600 s");
}

}  // namespace
}  // namespace treering
