// Memory that processes share: allocations, memory files, doorbells.
#include "transports/memory.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "contract/traffic.hpp"
#include "transports/mapping.hpp"
#include "transports/own_bell.hpp"

namespace treering::test {
namespace {

using ::testing::HasSubstr;

std::byte* allocated(std::uint64_t bytes) {
  auto memory = memory::allocate(bytes);
  EXPECT_TRUE(memory) << memory.error().message;
  return memory ? static_cast<std::byte*>(*memory) : nullptr;
}

TEST(Memory, is_found_by_every_address_in_it_and_by_no_other) {
  std::vector<std::byte*> all;
  for (std::uint64_t k = 0; k < 20; ++k) all.push_back(allocated(4096 * (k % 3 + 1)));
  for (std::uint64_t k = 0; k < 20; ++k) {
    const std::uint64_t bytes = 4096 * (k % 3 + 1);
    const auto whole = memory::find(all[k], bytes);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->offset, 0);
    const auto last = memory::find(all[k] + bytes - 1, 1);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->region, whole->region);
    EXPECT_EQ(last->offset, bytes - 1);
    EXPECT_FALSE(memory::find(all[k], bytes + 1)) << "reaches over the end";
    EXPECT_FALSE(memory::find(all[k] + 8, ~std::uint64_t{0})) << "overflows";
  }
  int elsewhere = 0;
  EXPECT_FALSE(memory::find(&elsewhere, 4));
  for (std::byte* const first : all) EXPECT_TRUE(memory::release(first));
}

TEST(Memory, is_zeroed_and_writable) {
  std::byte* const memory = allocated(5000);
  EXPECT_TRUE(std::all_of(memory, memory + 5000, [](std::byte b) { return b == std::byte{0}; }));
  fill({memory, 5000}, 3, 0);
  EXPECT_TRUE(matches({memory, 5000}, 3, 0));
  EXPECT_TRUE(memory::release(memory));
}

TEST(Memory, numbers_are_never_used_again) {
  std::uint64_t last = 0;
  for (int times = 0; times < 5; ++times) {
    std::byte* const memory = allocated(100);
    const std::uint64_t number = memory::find(memory, 100)->region;
    EXPECT_GT(number, last);
    EXPECT_TRUE(memory::exists(number));
    const std::uint64_t releases = memory::releases();
    EXPECT_TRUE(memory::release(memory));
    EXPECT_EQ(memory::releases(), releases + 1);
    EXPECT_FALSE(memory::exists(number));
    EXPECT_FALSE(memory::region(number));
    last = number;
  }
}

TEST(Memory, refuses_wrong_sizes_and_addresses) {
  EXPECT_EQ(memory::allocate(0).error().code, Code::invalid_argument);
  EXPECT_EQ(memory::allocate(~std::uint64_t{0}).error().code, Code::invalid_argument);
  std::byte* const memory = allocated(100);
  EXPECT_EQ(memory::release(memory + 1).error().code, Code::invalid_argument);
  EXPECT_TRUE(memory::release(memory));
  EXPECT_THAT(memory::release(memory).error().message, HasSubstr("freed already"));
  EXPECT_EQ(memory::release(nullptr).error().code, Code::invalid_argument);
}

TEST(Memory, is_shared_with_those_it_is_handed_to) {
  std::byte* const memory = allocated(4096);
  fill({memory, 4096}, 8, 0);
  auto region = memory::region(memory::find(memory, 1)->region);
  ASSERT_TRUE(region);
  auto seen = map_shared_file(region->file, region->bytes);
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_TRUE(matches({seen->first(), 4096}, 8, 0));
  fill({seen->first(), 4096}, 8, 5);
  EXPECT_TRUE(matches({memory, 4096}, 8, 5));
  EXPECT_TRUE(memory::release(memory));
  EXPECT_TRUE(matches({seen->first(), 4096}, 8, 5)) << "lives as long as somebody holds it";
}

TEST(Memory, may_come_and_go_while_others_look) {
  std::byte* const kept = allocated(4096);
  std::atomic<bool> over{false};
  std::thread looking([&] {
    while (!over) EXPECT_TRUE(memory::find(kept + 8, 8));
  });
  for (int times = 0; times < 300; ++times) EXPECT_TRUE(memory::release(allocated(4096)));
  over = true;
  looking.join();
  EXPECT_TRUE(memory::release(kept));
}

TEST(SharedFile, is_refused_unless_it_has_the_size_and_the_seals) {
  auto shared = create_shared_file("test", 8192);
  ASSERT_TRUE(shared);
  EXPECT_TRUE(map_shared_file(shared->file, 8192));
  EXPECT_FALSE(map_shared_file(shared->file, 4096));
  EXPECT_FALSE(map_shared_file(shared->file, 16384));
  EXPECT_NE(::ftruncate(shared->file.get(), 0), 0) << "nobody can make it smaller";

  const Descriptor open_ended(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(open_ended.get(), 8192), 0);
  EXPECT_THAT(map_shared_file(open_ended, 8192).error().message, HasSubstr("not sealed"));

  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Descriptor pipe(ends[0]), other(ends[1]);
  EXPECT_FALSE(map_shared_file(pipe, 8192));
}

/// In a world of its own where /dev/shm holds 64 KiB. 77: that may not be made here.
int use_memory_beside_a_tiny_dev_shm() {
  constexpr int not_permitted = 77;
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWNS) != 0) return not_permitted;
  if (::mount("treering", "/dev/shm", "tmpfs", 0, "size=64k") != 0) return not_permitted;
  struct statvfs status {};
  if (::statvfs("/dev/shm", &status) != 0 || status.f_blocks * status.f_frsize != 64 << 10) return not_permitted;
  auto memory = memory::allocate(8 << 20);
  if (!memory) return 1;
  fill({static_cast<std::byte*>(*memory), 8 << 20}, 2, 0);
  auto bell = OwnBell::create();
  return bell && matches({static_cast<std::byte*>(*memory), 8 << 20}, 2, 0) ? 0 : 1;
}

TEST(SharedFile, needs_no_dev_shm) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(use_memory_beside_a_tiny_dev_shm());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no mount namespace may be made here";
  EXPECT_EQ(status, 0);
}

TEST(OwnBell, gives_each_owner_a_bell_of_its_own_and_uses_them_again) {
  std::vector<OwnBell> bells;
  for (int k = 0; k < 100; ++k) bells.push_back(*OwnBell::create());
  std::vector<Doorbell*> doorbells;
  for (const OwnBell& bell : bells) doorbells.push_back(bell.bell().doorbell);
  std::sort(doorbells.begin(), doorbells.end());
  EXPECT_EQ(std::adjacent_find(doorbells.begin(), doorbells.end()), doorbells.end());
  bells.clear();
  const auto again = OwnBell::create();
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::binary_search(doorbells.begin(), doorbells.end(), again->bell().doorbell));
}

TEST(OwnBell, is_where_it_says_in_its_file) {
  const auto bell = OwnBell::create();
  ASSERT_TRUE(bell);
  const Descriptor file(::dup(bell->file()));
  const auto page = map_shared_file(file, page_bytes());
  ASSERT_TRUE(page);
  auto* const seen = reinterpret_cast<Doorbell*>(page->first() + bell->offset());
  const std::uint32_t rings = bell->bell().doorbell->rings;
  bell->bell().doorbell->sleeping = Doorbell::on_futex;
  ring({seen, bell->bell().event});
  EXPECT_EQ(bell->bell().doorbell->rings, rings + 1);
  EXPECT_EQ(bell->bell().doorbell->sleeping, Doorbell::awake);
}

TEST(OwnBell, is_silent_for_those_awake_and_wakes_from_poll) {
  const auto bell = OwnBell::create();
  ASSERT_TRUE(bell);
  pollfd event{bell->bell().event, POLLIN, 0};
  ring(bell->bell());
  EXPECT_EQ(::poll(&event, 1, 0), 0);
  bell->bell().doorbell->sleeping = Doorbell::on_descriptor;
  ring(bell->bell());
  EXPECT_EQ(::poll(&event, 1, 0), 1);
  bell->drain_event();
  EXPECT_EQ(::poll(&event, 1, 0), 0);
}

TEST(OwnBell, is_not_shared_with_a_child_process) {
  std::vector<OwnBell> parents;  // and more in the pool, which the child inherits
  for (int k = 0; k < 3; ++k) parents.push_back(*OwnBell::create());
  parents.pop_back();
  auto* const unused = [] { return OwnBell::create()->bell().doorbell; }();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto own = OwnBell::create();
    ::_exit(own && own->bell().doorbell != unused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace treering::test
