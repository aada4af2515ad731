#include "startup/processors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace treering {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Processors, ListsAreReadAsTheKernelWritesThem) {
  EXPECT_THAT(numbers_in("0-3,8,10-11"), ElementsAre(0, 1, 2, 3, 8, 10, 11));
  EXPECT_THAT(numbers_in("5"), ElementsAre(5));
  for (const char* none : {"", "\n", "3-1", "a", "1,,2", "1-", "-1", "0-99999999", "1 2"})
    EXPECT_THAT(numbers_in(none), IsEmpty()) << none;
}

/// What would be mounted at /sys, with the domains of the processors that the test may run on.
class Domains : public testing::Test {
 protected:
  Domains() { write("online", "0-1,4"); }
  ~Domains() override { std::filesystem::remove_all(system_); }

  void write(const std::string& name, const std::string& text) const {
    const auto path = system_ / "devices/system/node" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text << '\n';
  }

  const std::filesystem::path system_ =
      std::filesystem::temp_directory_path() / ("treering-sys-" + std::to_string(getpid()));
};

TEST_F(Domains, AreThoseOfTheProcessorsThatAreOurs) {
  const Processors everywhere = own_processors();
  const std::string ours = std::to_string(everywhere.first), beyond = "1000-1001";
  write("node0/cpulist", beyond);
  write("node1/cpulist", "");  // memory alone
  write("node4/cpulist", ours + "," + beyond);
  EXPECT_EQ(own_processors(system_).first_domain, 4);
  EXPECT_EQ(own_processors(system_).domains, 1);
  EXPECT_EQ(own_processors(system_).count, everywhere.count);
  write("node1/cpulist", ours);
  EXPECT_EQ(own_processors(system_).first_domain, 1);
  EXPECT_EQ(own_processors(system_).domains, 2);
}

TEST(Processors, AreThoseOfTheMainThreadWhicheverAsks) {
  const Processors of_main = own_processors();
  if (of_main.count < 2) GTEST_SKIP() << "SKIPPED: this needs two cores";
  Processors of_thread;
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(of_main.first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    of_thread = own_processors();
  }).join();
  EXPECT_EQ(of_thread.count, of_main.count);
}

TEST_F(Domains, AreOneWhereNothingIsKnown) {
  for (const std::string& system : {system_.string(), system_.string() + "/nowhere"}) {
    EXPECT_EQ(own_processors(system).first_domain, 0);
    EXPECT_EQ(own_processors(system).domains, 1);
  }
}

}  // namespace
}  // namespace treering
