// treering-topo --job beside a real job of treering-perf.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "startup/stale_sockets.hpp"
#include "startup/status_door.hpp"
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

/// A process with a status socket that tells whatever `tell` sends.
class Teller {
 public:
  Teller(const std::string& path, const std::function<void(int)>& tell) {
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    const sockaddr_un address = unix_address(path);
    bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    int ready[2] = {-1, -1};
    if (pipe(ready) != 0) return;
    pid = fork();
    if (pid == 0) {
      listen(socket.get(), 4);
      close(ready[1]);
      for (;;) {
        const Descriptor caller(accept(socket.get(), nullptr, nullptr));
        if (caller) tell(caller.get());
      }
    }
    close(ready[1]);
    char nothing;
    while (::read(ready[0], &nothing, 1) > 0) continue;  // it ends once the child listens
    close(ready[0]);
  }
  ~Teller() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  pid_t pid = -1;
};

bool send_text(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

TEST_F(TopoJob, ShowsNoControlCharacters) {
  const Teller teller(path("status"), [](int fd) {
    send_text(fd, "a\tb\x1b[31mc\r\x7f\xc2\x9b" + std::string(1, '\0') + "\n\xc3\xa9\n" + std::string(status_end));
  });
  const Ran ran = ask(teller.pid);
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out, "a?b?[31mc????\n\xc3\xa9\n");
}

TEST_F(TopoJob, SaysThatATextIsCut) {
  const Teller teller(path("status"), [](int fd) { send_text(fd, "rank 0: is in oper"); });
  EXPECT_EQ(ask(teller.pid).out, "rank 0: is in oper\n..., cut\n");
}

TEST_F(TopoJob, ReadsNoMoreThanAJobCanHaveToSay) {
  const Teller teller(path("status"), [](int fd) {
    while (send_text(fd, "0123456789abcdef")) continue;
  });
  const Ran ran = ask(teller.pid);
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out.size(), (1u << 20) + std::string_view("\n..., cut\n").size());
  EXPECT_TRUE(ran.out.ends_with("cdef\n..., cut\n"));
}

TEST_F(TopoJob, DoesNotWaitForEverForWhoDribbles) {
  const Teller teller(path("status"), [](int fd) {
    while (send_text(fd, "x")) usleep(100'000);
  });
  const Ran ran = ask(teller.pid);
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("does not answer within 5 s"));
}

TEST_F(TopoJob, TakesNoAnswerFromAnotherProcess) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  const sockaddr_un address = unix_address(path("status"));
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(socket.get(), 4), 0);
  const pid_t child = fork();  // has the socket open, but it is this process that listens
  if (child == 0) pause();
  const Ran ran = ask(child);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("another process listens there"));
}

TEST_F(TopoJob, AsksNoSocketThatIsNamedLikeOursByChance) {
  const std::string folder = path("other");
  ASSERT_TRUE(std::filesystem::create_directory(folder));
  const Teller teller(folder + "/status", [](int fd) { send_text(fd, "hello\n" + std::string(status_end)); });
  const Ran ran = ask(teller.pid);
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("does not use Treering"));
}

TEST_F(TopoJob, TakesAProcessThatHasEndedForNobodys) {
  constexpr uid_t other_user = 65534;
  for (const bool as_other : {false, true}) {
    if (as_other && geteuid() != 0) continue;  // the first was as no root then
    const pid_t child = fork();
    if (child == 0) _exit(as_other && setuid(other_user) != 0 ? 1 : 0);
    siginfo_t ended;
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
    const Ran ran =
        ask(child, as_other ? "setpriv --reuid 65534 --clear-groups " : "");  // it has no descriptors any more
    waitpid(child, nullptr, 0);
    EXPECT_EQ(ran.status, 2);
    EXPECT_THAT(ran.err, testing::Not(HasSubstr("belongs to another user"))) << as_other;
    EXPECT_THAT(ran.err, HasSubstr(as_other ? "it has ended" : "cannot be asked"));
  }
}

TEST_F(TopoJob, SaysThatThereIsNothingToAsk) {
  const Ran ours = ask(getpid());
  EXPECT_EQ(ours.status, 2);
  EXPECT_THAT(ours.err, HasSubstr("does not use Treering"));
  EXPECT_EQ(run_shell(std::string(TREERING_TOPO) + " --job 00" + std::to_string(getpid())).err, ours.err);
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
