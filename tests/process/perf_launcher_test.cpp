// The launcher of --np: what children get, and what becomes of them.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "perf/tool/launcher.hpp"

namespace treering::perf {
namespace {

using namespace std::chrono_literals;

Launch three(std::function<int(int)> child) {
  Launch made;
  made.processes = 3;
  made.share = [] { return std::string("shared"); };
  made.child = [child = std::move(child)](int index, const std::string& shared) {
    return shared == "shared" ? child(index) : 99;
  };
  made.grace = 200ms;
  return made;
}

TEST(PerfLauncher, EveryChildGetsWhatIsShared) {
  EXPECT_EQ(0, launch(three([](int) { return 0; })));
}

TEST(PerfLauncher, TheWorstStatusCounts) {
  EXPECT_EQ(7, launch(three([](int index) { return index == 1 ? 7 : 1; })));
}

TEST(PerfLauncher, OneThatIsKilledEndsTheRest) {
  EXPECT_EQ(128 + SIGKILL, launch(three([](int index) -> int {
              if (index == 2) raise(SIGKILL);
              for (;;) pause();
            })));
}

TEST(PerfLauncher, ChildrenThatIgnoreTheEndAreKilled) {
  EXPECT_EQ(5, launch(three([](int index) -> int {
              signal(SIGTERM, SIG_IGN);
              if (index == 0) return 5;
              for (;;) pause();
            })));
}

TEST(PerfLauncher, NothingToShareIsAFailure) {
  Launch failing = three([](int) { return 0; });
  failing.share = [] { return std::string(); };
  EXPECT_NE(0, launch(failing));
}

TEST(PerfLauncher, PassesASignalOn) {
  const pid_t launcher = fork();
  if (launcher == 0) {
    Launch waiting = three([](int) -> int {
      signal(SIGTERM, [](int) { _exit(0); });
      for (;;) pause();
    });
    _exit(launch(waiting));
  }
  usleep(100'000);
  kill(launcher, SIGTERM);
  int status = 0;
  ASSERT_EQ(launcher, waitpid(launcher, &status, 0));
  ASSERT_TRUE(WIFEXITED(status) || WTERMSIG(status) == SIGTERM);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 128 + SIGTERM);
}

}  // namespace
}  // namespace treering::perf
