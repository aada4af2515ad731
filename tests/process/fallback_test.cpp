// Ranks of one host that cannot share memory, as in two containers with one kernel: they find out, and send over TCP.
// Ranks are processes here.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <memory>
#include <thread>

#include "process/api_processes.hpp"
#include "startup/service.hpp"
#include "startup/stale_sockets.hpp"

namespace treering {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Gives this process a /tmp of its own. False: it may not (errno).
bool hide_tmp() {
  return unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777") == 0;
}

/// Tried in a process of its own, which it would change.
bool can(bool (*change)()) {
  const pid_t child = fork();
  if (child == 0) _exit(change() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool become_nobody() {
  constexpr uid_t nobody_of_most_systems = 65534;
  return setgid(nobody_of_most_systems) == 0 && setuid(nobody_of_most_systems) == 0;
}

/// What each of some processes writes to its standard error.
class Logs {
 public:
  explicit Logs(int ranks) {
    for (int rank = 0; rank < ranks; ++rank) files_.emplace_back(std::tmpfile());
  }
  void take_over(int rank) const { dup2(fileno(file(rank)), STDERR_FILENO); }
  std::string of(int rank) const {
    std::string text;
    std::rewind(file(rank));
    for (int c; (c = std::fgetc(file(rank))) != EOF;) text.push_back(static_cast<char>(c));
    return text;
  }
  std::size_t count(int rank, const std::string& words) const {
    const std::string text = of(rank);
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) ++found;
    return found;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::FILE* file(int rank) const { return files_[static_cast<std::size_t>(rank)].get(); }
  std::vector<std::unique_ptr<std::FILE, Close>> files_;
};

/// A number that no other rank has there, nor this rank elsewhere.
double value_at(int rank, std::size_t position) {
  return static_cast<double>(position * 8 + static_cast<std::size_t>(rank));
}

/// All-reduces of several sizes: through lines, and through rings that they fill many times.
std::string all_reduces(int ranks, int rank, ncclComm_t comm) {
  for (const std::size_t count : {1u, 7u, 100u, 5000u, 400000u}) {
    std::vector<double> data(count);
    for (std::size_t k = 0; k < count; ++k) data[k] = value_at(rank, k);
    if (ncclAllReduce(data.data(), data.data(), count, ncclDouble, ncclSum, comm, nullptr) != ncclSuccess)
      return ncclGetLastError(comm);
    for (std::size_t k = 0; k < count; ++k) {
      double sum = 0;
      for (int from = 0; from < ranks; ++from) sum += value_at(from, k);
      if (data[k] != sum) return "all-reduce of " + std::to_string(count) + " wrong at " + std::to_string(k);
    }
  }
  return "";
}

/// Every rank sends to every other at once.
std::string messages(int ranks, int rank, ncclComm_t comm) {
  constexpr std::size_t count = 30000;
  std::vector<double> sent(count);
  for (std::size_t k = 0; k < count; ++k) sent[k] = value_at(rank, k);
  std::vector<std::vector<double>> got(static_cast<std::size_t>(ranks), std::vector<double>(count));
  static_cast<void>(ncclGroupStart());
  for (int peer = 0; peer < ranks; ++peer) {
    if (peer == rank) continue;
    static_cast<void>(ncclSend(sent.data(), count, ncclDouble, peer, comm, nullptr));
    static_cast<void>(ncclRecv(got[static_cast<std::size_t>(peer)].data(), count, ncclDouble, peer, comm, nullptr));
  }
  if (ncclGroupEnd() != ncclSuccess) return ncclGetLastError(comm);
  for (int peer = 0; peer < ranks; ++peer)
    for (std::size_t k = 0; k < count && peer != rank; ++k)
      if (got[static_cast<std::size_t>(peer)][k] != value_at(peer, k))
        return "message from " + std::to_string(peer) + " wrong at " + std::to_string(k);
  return "";
}

/// What this process says at its status door.
std::string told() {
  const auto service = Service::of_process();
  if (!service) return "no service";
  const std::string& path = (*service)->self().socket_path;
  const sockaddr_un address = unix_address(path.substr(0, path.rfind('/') + 1) + status_socket_name);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return "no door";
  std::string text;
  char part[1000];
  for (ssize_t got; (got = recv(socket.get(), part, sizeof part, 0)) > 0;)
    text.append(part, static_cast<std::size_t>(got));
  return text;
}

/// Three ranks, of which `separate(2)` cuts rank 2 off from the memory of the others.
void expect_fallback(bool (*separate)(), const std::string& why_of_others, const std::string& why_of_2) {
  constexpr int ranks = 3, apart = 2;
  const Logs logs(ranks);
  const auto reports = in_processes(
      ranks,
      [](int rank, ncclComm_t comm) {
        // The others are asleep by then, and know of no socket: the connection itself must wake them.
        if (rank == apart) std::this_thread::sleep_for(std::chrono::milliseconds(100));
        Report report;
        report.message = all_reduces(ranks, rank, comm) + messages(ranks, rank, comm);
        // Once more, over what has been found.
        report.message += all_reduces(ranks, rank, comm);
        const std::string fallen_back =
            rank == apart ? "2 over shared memory (2 of them by TCP: " : "2 over shared memory (1 of them by TCP: ";
        if (told().find(fallen_back) == std::string::npos) report.message += told();
        if (report.message.empty()) report.message = "all is right";  // a rank that dies says nothing
        return report;
      },
      [&](int rank) {
        logs.take_over(rank);
        unsetenv("XDG_RUNTIME_DIR");
        setenv("TREERING_SPIN", "0", 1);
        setenv("TREERING_OPERATION_TIMEOUT", "60", 1);  // an error, where it would be a hang
        if (rank == apart && !separate()) _exit(3);
      });
  for (int rank = 0; rank < ranks; ++rank) {
    const Report& report = reports[static_cast<std::size_t>(rank)];
    EXPECT_EQ(report.message, "all is right") << rank << ' ' << logs.of(rank);
    EXPECT_THAT(logs.of(rank), AllOf(Not(HasSubstr("Sanitizer")), Not(HasSubstr("runtime error"))));
    for (int peer = 0; peer < ranks; ++peer) {
      const std::string warning =
          "rank " + std::to_string(rank) + " sends to rank " + std::to_string(peer) + " over TCP";
      EXPECT_EQ(logs.count(rank, warning), peer != rank && (peer == apart || rank == apart) ? 1u : 0u)
          << warning << '\n'
          << logs.of(rank);
    }
    EXPECT_THAT(logs.of(rank), HasSubstr(rank == apart ? why_of_2 : why_of_others));
  }
}

TEST(Fallback, OfRanksThatDoNotSeeEachOthersFiles) {
  if (!can(hide_tmp)) GTEST_SKIP() << "SKIPPED: mount namespaces need root (CAP_SYS_ADMIN)";
  expect_fallback(hide_tmp, "No such file or directory", "No such file or directory");
}

TEST(Fallback, OfRanksOfDifferentUsers) {
  if (!can(become_nobody)) GTEST_SKIP() << "SKIPPED: becoming another user needs root (CAP_SETUID)";
  expect_fallback(become_nobody, "it belongs to another user", "Permission denied");
}

TEST(Fallback, IsNoneWhereSharedMemoryIsForced) {
  if (!can(hide_tmp)) GTEST_SKIP() << "SKIPPED: mount namespaces need root (CAP_SYS_ADMIN)";
  const Logs logs(2);
  const auto reports = in_processes(
      2,
      [](int, ncclComm_t comm) {
        float number = 1;
        return timed([&] { return ncclAllReduce(&number, &number, 1, ncclFloat, ncclSum, comm, nullptr); });
      },
      [&](int rank) {
        logs.take_over(rank);
        unsetenv("XDG_RUNTIME_DIR");
        setenv("TREERING_TRANSPORT", "shm", 1);
        if (rank == 1 && !hide_tmp()) _exit(3);
      });
  for (const Report& report : reports) {
    EXPECT_EQ(report.result, ncclRemoteError);
    EXPECT_THAT(report.message, AllOf(HasSubstr("(host "), HasSubstr("/tmp/treering-"), HasSubstr("No such file"),
                                      HasSubstr("see one /tmp"), HasSubstr("set TREERING_TRANSPORT=auto")));
  }
  EXPECT_THAT(logs.of(0) + logs.of(1), Not(HasSubstr("over TCP, which")));
}

}  // namespace
}  // namespace treering
