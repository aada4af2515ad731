#include "startup/status_door.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "startup/service.hpp"
#include "startup/stale_sockets.hpp"

namespace treering {
namespace {

/// Connected to the door, if it is there.
Descriptor visitor(const std::string& directory) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = unix_address(directory + "/" + status_socket_name);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
}

std::string read_to_end(const Descriptor& socket) {
  std::string text;
  char part[1000];
  for (ssize_t got; (got = recv(socket.get(), part, sizeof part, 0)) > 0;)
    text.append(part, static_cast<std::size_t>(got));
  return text;
}

/// What the door says.
std::string asked(const std::string& directory) {
  const Descriptor socket = visitor(directory);
  return socket ? read_to_end(socket) : "no door";
}

std::string whole(const std::string& text) {
  return text + std::string(status_end);
}

class Door : public testing::Test {
 protected:
  Door() {
    char pattern[] = "/tmp/treering-test-XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~Door() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

TEST_F(Door, TellsWhoeverAsksWhatIsSoNow) {
  const auto events = EventThread::start();
  ASSERT_TRUE(events);
  int number = 0;
  const auto door = StatusDoor::open(**events, directory_, [&] { return "number " + std::to_string(++number); });
  ASSERT_TRUE(door) << door.error().message;
  for (int k = 1; k <= 20; ++k) EXPECT_EQ(asked(directory_), whole("number " + std::to_string(k)));
}

TEST_F(Door, TellsLongTexts) {
  const auto events = EventThread::start();
  ASSERT_TRUE(events);
  std::string text;
  for (int k = 0; text.size() < 100'000; ++k) text += std::to_string(k) + " ";
  const auto door = StatusDoor::open(**events, directory_, [&] { return text; });
  ASSERT_TRUE(door);
  EXPECT_EQ(asked(directory_), whole(text));
}

TEST_F(Door, IsNotHeldUpByWhoDoesNotRead) {
  const auto events = EventThread::start();
  ASSERT_TRUE(events);
  const std::string text(1'000'000, 'x');  // more than a socket takes
  const auto door = StatusDoor::open(**events, directory_, [&] { return text; });
  ASSERT_TRUE(door);
  const Descriptor idle = visitor(directory_);
  ASSERT_TRUE(idle);
  EXPECT_FALSE(asked(directory_).empty());  // after the idle one, who came first
  const std::string cut = read_to_end(idle);
  EXPECT_LT(cut.size(), text.size()) << "all of it fits: this test proves nothing";
  EXPECT_FALSE(cut.ends_with(status_end));
}

TEST_F(Door, TellsNothingToOtherUsers) {
  if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: becoming another user needs root (CAP_SETUID)";
  constexpr uid_t nobody_of_most_systems = 65534;
  const auto events = EventThread::start();
  ASSERT_TRUE(events);
  const auto door = StatusDoor::open(**events, directory_, [] { return std::string("secret"); });
  ASSERT_TRUE(door);
  // Usually the folder keeps them out. If it did not:
  ASSERT_EQ(chmod(directory_.c_str(), 0777), 0);
  ASSERT_EQ(chmod((directory_ + "/" + status_socket_name).c_str(), 0777), 0);
  const pid_t child = fork();
  if (child == 0) _exit(setuid(nobody_of_most_systems) == 0 ? (asked(directory_).empty() ? 0 : 1) : 2);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(asked(directory_), whole("secret"));
}

TEST(Status, SaysInALineWhatEachRankIsDoingUntilItHasLeft) {
  const auto service = Service::of_process();
  ASSERT_TRUE(service);
  const std::string directory = std::filesystem::path((*service)->self().socket_path).parent_path().string();
  Secret secret{};
  secret[0] = std::byte{7};
  auto stay = Stay::begin(**service, *Keys::derive(secret), 3);
  ASSERT_TRUE(stay);
  EXPECT_THAT(asked(directory), testing::HasSubstr("\nrank 3: waits for all ranks to join\n"));
  (*stay)->on_status({[] { return "found\n"; }, [] { return "failed: a\nrank 4: \x1b[2Jb"; }});
  EXPECT_THAT(asked(directory), testing::HasSubstr("\nfound\nrank 3: failed: a?rank 4: ?[2Jb\n"));
  (*stay)->on_status({});
  EXPECT_THAT(asked(directory), testing::HasSubstr("\nrank 3: is leaving\n"));
  stay->reset();
  EXPECT_THAT(asked(directory), testing::Not(testing::HasSubstr("rank 3")));
}

TEST_F(Door, IsRefusedWhereItCannotBe) {
  const auto events = EventThread::start();
  ASSERT_TRUE(events);
  const auto door = StatusDoor::open(**events, directory_ + "/nowhere", [] { return std::string(); });
  ASSERT_FALSE(door);
  EXPECT_THAT(door.error().message, testing::HasSubstr("No such file"));
}

}  // namespace
}  // namespace treering
