#include <gtest/gtest.h>

#include "startup/silence_log.hpp"

namespace treering {
namespace {

using namespace std::chrono_literals;

constexpr SilenceLog::Host h1{std::byte{1}}, h2{std::byte{2}};
const SilenceNews begun{false, 3200ms, "from 10.0.0.1 on eth0 to 10.0.0.2:4711"};
const SilenceNews over{true, 5s, "from 10.0.0.1 on eth0 to 10.0.0.2:4711"};

TEST(SilenceLog, NamesWhoWhereAndForHowLong) {
  SilenceLog log;
  EXPECT_EQ(log.line(h1, "rank 2 (host h2, pid 911)", begun, {}, 10s).value_or(""),
            "rank 2 (host h2, pid 911) has not answered for 3.2 s (from 10.0.0.1 on eth0 to 10.0.0.2:4711) check "
            "cables, switches and interfaces between the hosts; it is given up after 10 s (TREERING_SILENCE_TIMEOUT)");
  EXPECT_EQ(log.line(h1, "rank 2 (host h2, pid 911)", over, Silence::Time(2s), 10s).value_or(""),
            "rank 2 (host h2, pid 911) answers again (from 10.0.0.1 on eth0 to 10.0.0.2:4711) it was silent for 5 s");
}

TEST(SilenceLog, TellsOfAHostOnceForAllItsConnections) {
  SilenceLog log;
  EXPECT_TRUE(log.line(h1, "rank 2", begun, Silence::Time(1s), 10s));
  EXPECT_FALSE(log.line(h1, "rank 2", begun, Silence::Time(2s), 10s));
  EXPECT_FALSE(log.line(h1, "rank 3", begun, Silence::Time(2s), 10s));
  EXPECT_TRUE(log.line(h2, "rank 4", begun, Silence::Time(2s), 10s)) << "another host";
  EXPECT_TRUE(log.line(h1, "rank 3", over, Silence::Time(3s), 10s));
  EXPECT_FALSE(log.line(h1, "rank 2", over, Silence::Time(3s), 10s));
  EXPECT_TRUE(log.line(h1, "rank 2", begun, Silence::Time(4s), 10s)) << "it has begun anew";
}

TEST(SilenceLog, ForgetsConnectionsThatWereClosedWhileTheyWereSilent) {
  SilenceLog log;
  EXPECT_TRUE(log.line(h1, "rank 2", begun, Silence::Time(1s), 10s));
  EXPECT_TRUE(log.line(h1, "rank 2", begun, Silence::Time(12s), 10s));
}

}  // namespace
}  // namespace treering
