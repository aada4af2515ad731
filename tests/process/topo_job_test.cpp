// treering-topo --job beside a real job of treering-perf.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/tool_test.hpp"

namespace treering::topo {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

using test::Ran;

class TopoJob : public test::ToolTest {
 protected:
  Ran ask(pid_t pid, const std::string& before = "") const {
    return run_shell(before + TREERING_TOPO + " --job " + std::to_string(pid));
  }
  /// Asks until the answer is as it should be; the last one, if it never is within a minute.
  Ran ask_until(pid_t pid, const std::function<bool(const Ran&)>& enough) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    Ran ran = ask(pid);
    while (!enough(ran) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ran = ask(pid);
    }
    return ran;
  }
};

#ifdef TREERING_PERF

/// All-reduces for ever, on two processes; rank k is ranks[k].
class Job {
 public:
  Job() {
    launcher_ = fork();
    if (launcher_ == 0) {
      for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
        if (freopen("/dev/null", "w", fd == STDOUT_FILENO ? stdout : stderr) == nullptr) _exit(1);
      execl(TREERING_PERF, TREERING_PERF, "all_reduce", "--np", "2", "-b", "8", "-e", "64K", "-f", "2", "-N", "0",
            nullptr);
      _exit(127);
    }
    while (ranks.size() < 2) {
      const std::string launcher = std::to_string(launcher_);
      std::istringstream children(test::read("/proc/" + launcher + "/task/" + launcher + "/children"));
      ranks.clear();
      for (pid_t pid; children >> pid;) ranks.push_back(pid);
    }
  }
  ~Job() {
    for (const pid_t pid : ranks) kill(pid, SIGCONT);
    kill(launcher_, SIGTERM);
    waitpid(launcher_, nullptr, 0);
  }
  std::vector<pid_t> ranks;

 private:
  pid_t launcher_;
};

/// Past what the tool does among its ranks before it begins.
bool is_running(const Ran& ran) {
  return std::regex_search(ran.out, std::regex("is in operation [0-9]+ or past it, all-reduce of"));
}

TEST_F(TopoJob, SaysWhatARunningJobFoundAndChose) {
  const Job job;
  const Ran ran = ask_until(job.ranks[1], is_running);
  EXPECT_EQ(ran.status, 0) << ran.err;
  const std::string pid = std::to_string(job.ranks[1]);
  EXPECT_THAT(ran.out, StartsWith("process " + pid + " on host "));
  EXPECT_THAT(ran.out,
              ContainsRegex("\n2 ranks of treering-perf on 1 host, as rank 1 \\(host [^ ]+, pid " + pid + "\\)"));
  EXPECT_THAT(ran.out, ContainsRegex("\nhosts +[^ ]+: 2 ranks \\(0-1\\) on [0-9]+ cores?\n"));
  EXPECT_THAT(ran.out, HasSubstr("\norder             by rank; no hop of a ring leads from host to host\n"));
  EXPECT_THAT(ran.out, ContainsRegex("\ntransports +1 over shared memory; a window of [0-9]+ [KM]iB a wire\n"));
  for (const char* collective :
       {"all-reduce", "broadcast", "reduce", "reduce-scatter", "all-gather", "scan", "exclusive-scan", "barrier"})
    EXPECT_THAT(ran.out, ContainsRegex("\n  " + std::string(collective) + " +[a-z-]+( to [0-9.]+ [KM]?i?B|\n)"));
  EXPECT_THAT(ran.out,
              ContainsRegex("\nrank 1: is in operation [0-9]+ or past it, all-reduce of [0-9]+ float32, sum\n"));
  EXPECT_LT(std::count(ran.out.begin(), ran.out.end(), '\n'), 25) << "one screen";
}

TEST_F(TopoJob, AnswersWhileARankIsStuckAndSaysForWhom) {
  const Job job;
  ask_until(job.ranks[0], is_running);
  kill(job.ranks[1], SIGSTOP);
  const Ran ran = ask_until(job.ranks[0], [](const Ran& now) { return now.out.find("waited") != std::string::npos; });
  EXPECT_THAT(ran.out, ContainsRegex("\nrank 0: has waited [0-9.]+ s for rank 1 \\(host [^ ]+, pid " +
                                     std::to_string(job.ranks[1]) + "\\) in operation [0-9]+, "));
  const Ran stopped = ask(job.ranks[1]);
  EXPECT_EQ(stopped.status, 2);
  EXPECT_THAT(stopped.err, HasSubstr("does not answer within 5 s"));
  kill(job.ranks[1], SIGCONT);
  EXPECT_TRUE(is_running(ask_until(job.ranks[0], is_running)));
}

TEST_F(TopoJob, SaysThatAProcessIsOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: becoming another user needs root (CAP_SETUID)";
  const Job job;
  ask_until(job.ranks[0], is_running);
  const Ran ran = ask(job.ranks[0], "setpriv --reuid 65534 --regid 65534 --clear-groups ");
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("belongs to another user"), HasSubstr("as root")));
}

#else

TEST_F(TopoJob, SaysWhatARunningJobFoundAndChose) {
  GTEST_SKIP() << "SKIPPED: treering-perf is not built";
}

#endif

TEST_F(TopoJob, SaysThatThereIsNothingToAsk) {
  const Ran ours = ask(getpid());
  EXPECT_EQ(ours.status, 2);
  EXPECT_THAT(ours.err, HasSubstr("does not use Treering"));
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(ask(child).err, HasSubstr("there is none"));
  for (const char* word : {"0", "-1", "abc", "12x", "99999999999999"}) {
    const Ran ran = run_shell(std::string(TREERING_TOPO) + " --job=" + word);
    EXPECT_EQ(ran.status, 2);
    EXPECT_THAT(ran.err, HasSubstr("is no PID")) << word;
  }
}

}  // namespace
}  // namespace treering::topo
