#include "startup/stale_sockets.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <vector>

#include "transports/transport.hpp"

namespace treering {
namespace {

namespace fs = std::filesystem;
constexpr std::time_t minute_s = 60;

class StaleSockets : public testing::Test {
 protected:
  StaleSockets() {
    char pattern[] = "/tmp/treering-test-XXXXXX";
    parent_ = mkdtemp(pattern);
  }
  ~StaleSockets() override { fs::remove_all(parent_); }

  void SetUp() override {
    // What can be removed at all, is: else the other tests would pass for nothing.
    directory("first", Socket::refuses, 2 * minute_s);
    if (remove_stale_sockets(parent_) == 0)
      GTEST_SKIP() << "SKIPPED: /tmp is of a kind that may be shared with other hosts";
  }

  enum class Socket { none, refuses, listens };
  std::string directory(const std::string& name, Socket kind, std::time_t unchanged_s, mode_t mode = 0700) {
    const std::string path = parent_ + "/" + socket_directory_prefix() + name;
    mkdir(path.c_str(), 0700);
    if (kind != Socket::none) {
      Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_un address = unix_address(path + "/" + socket_name);
      EXPECT_EQ(bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
      if (kind == Socket::listens) {
        EXPECT_EQ(listen(made.get(), 8), 0);
        listening_.push_back(std::move(made));
      }
    }
    chmod(path.c_str(), mode);
    age(path, unchanged_s);
    return path;
  }
  static void age(const std::string& path, std::time_t unchanged_s) {
    const timespec then{std::time(nullptr) - unchanged_s, 0};
    const timespec times[] = {then, then};
    EXPECT_EQ(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
  /// The sweep leaves it, with its socket if it has one.
  void expect_left(const std::string& path) {
    const bool had_socket = fs::exists(path + "/" + socket_name);
    EXPECT_EQ(remove_stale_sockets(parent_), 0u);
    EXPECT_TRUE(fs::exists(path));
    EXPECT_EQ(fs::exists(path + "/" + socket_name), had_socket);
  }

  std::string parent_;
  std::vector<Descriptor> listening_;
};

TEST_F(StaleSockets, AreRemovedWhereNobodyListens) {
  const std::string refusing = directory("refusing", Socket::refuses, 2 * minute_s);
  const std::string empty = directory("empty", Socket::none, 11 * minute_s);
  EXPECT_EQ(remove_stale_sockets(parent_), 2u);
  EXPECT_FALSE(fs::exists(refusing));
  EXPECT_FALSE(fs::exists(empty));
}

TEST_F(StaleSockets, AreNotThoseOfLiveProcesses) {
  expect_left(directory("live", Socket::listens, 1000 * minute_s));
}
TEST_F(StaleSockets, AreNotThoseOfProcessesThatStart) {
  expect_left(directory("about_to_bind", Socket::none, 5 * minute_s));
  expect_left(directory("about_to_listen", Socket::refuses, minute_s / 2));
}
TEST_F(StaleSockets, AreNotThoseThatOthersCanEnter) {
  expect_left(directory("open", Socket::refuses, 2 * minute_s, 0750));
}
TEST_F(StaleSockets, AreNotThoseOfOthers) {
  if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: giving a directory to another user needs root";
  const std::string path = directory("given", Socket::refuses, 2 * minute_s);
  ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
  expect_left(path);
}
TEST_F(StaleSockets, AreNotThoseOfAnotherName) {
  const std::string named = directory("x", Socket::refuses, 2 * minute_s);
  const std::string other = parent_ + "/precious";
  fs::rename(named, other);
  expect_left(other);
}
TEST_F(StaleSockets, AreNotReachedThroughLinks) {
  const std::string target = parent_ + "/target";
  fs::rename(directory("x", Socket::refuses, 2 * minute_s), target);
  const std::string link = parent_ + "/" + socket_directory_prefix() + "link";
  fs::create_directory_symlink(target, link);
  age(link, 2 * minute_s);
  expect_left(link);
  expect_left(target);
}
TEST_F(StaleSockets, LeaveWhatElseLiesThere) {
  const std::string path = directory("shared", Socket::refuses, 0);
  std::ofstream(path + "/notes") << "keep";
  age(path, 2 * minute_s);
  EXPECT_EQ(remove_stale_sockets(parent_), 0u);
  EXPECT_TRUE(fs::exists(path + "/notes"));
}
TEST_F(StaleSockets, AreRemovedInBoundedNumbers) {
  for (int k = 0; k < 70; ++k) directory(std::to_string(k), Socket::refuses, 2 * minute_s);
  EXPECT_EQ(remove_stale_sockets(parent_), 64u);
  EXPECT_EQ(remove_stale_sockets(parent_), 6u);
}

}  // namespace
}  // namespace treering
