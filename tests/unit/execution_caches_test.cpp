// The last cache, as the kernel describes it.
#include "execution/caches.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace treering {
namespace {

class LastCache : public testing::Test {
 protected:
  LastCache() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~LastCache() override { std::filesystem::remove_all(folder_); }

  void processor(int number, const std::string& sharers, const std::string& size, const std::string& level = "3") {
    const std::string cache = folder_ + "/cpu" + std::to_string(number) + "/cache/index3";
    std::filesystem::create_directories(cache);
    std::ofstream(cache + "/shared_cpu_list") << sharers << "\n";
    std::ofstream(cache + "/size") << size << "\n";
    std::ofstream(cache + "/level") << level << "\n";
  }
  std::uint64_t bytes(const std::vector<int>& processors) const { return bytes_of_last_cache(processors, folder_); }

 private:
  std::string folder_ = (std::filesystem::temp_directory_path() / "treering-caches-XXXXXX").string();
};

TEST_F(LastCache, IsTheSmallestOfTheProcessors) {
  processor(0, "0-1,4", "98304K");
  processor(1, "0-1,4", "1K");  // a neighbour's is not read again
  processor(2, "2", "32M");
  processor(4, "0-1,4", "1K");
  EXPECT_EQ(bytes({0, 1, 2, 4}), 32u << 20);
  EXPECT_EQ(bytes({0, 1, 4}), 98304u << 10);
  EXPECT_EQ(bytes({2}), 32u << 20);
}

TEST_F(LastCache, IsNoneWhereNothingIsSaid) {
  EXPECT_EQ(bytes({0, 1}), 0u);
  for (const char* const size : {"", "K", "-32K", "32X", "99999999999G", "0K"}) {
    processor(0, "", size);
    EXPECT_EQ(bytes({0}), 0u) << size;
  }
  processor(0, "0", "32K", "2");
  EXPECT_EQ(bytes({0}), 0u) << "a second level";
  processor(1, "x", "32768K");
  EXPECT_EQ(bytes({0, 1}), 32768u << 10);
}

}  // namespace
}  // namespace treering
