// Which processors a trial runs on: threads of one core are not two cores.
#include "perf/tool/cores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace treering::perf {
namespace {

using testing::ElementsAre;

class Cores : public testing::Test {
 protected:
  Cores() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~Cores() override { std::filesystem::remove_all(folder_); }

  void processor(int number, const char* siblings) const {
    const std::string topology = folder_ + "/cpu" + std::to_string(number) + "/topology";
    std::filesystem::create_directories(topology);
    std::ofstream(topology + "/thread_siblings_list") << siblings << "\n";
  }
  std::string folder_ = (std::filesystem::temp_directory_path() / "treering-cores-XXXXXX").string();
};

TEST_F(Cores, ComeBeforeTheirSecondThreads) {
  for (const int number : {0, 1}) processor(number, "0-1");
  for (const int number : {2, 3}) processor(number, "2-3");
  const Apart all = apart({0, 1, 2, 3}, folder_);
  EXPECT_THAT(all.processors, ElementsAre(0, 2, 1, 3));
  EXPECT_EQ(all.cores, 2);
  const Apart some = apart({1, 2, 3}, folder_);
  EXPECT_THAT(some.processors, ElementsAre(1, 2, 3));
  EXPECT_EQ(some.cores, 2);
  EXPECT_EQ(apart({2, 3}, folder_).cores, 1);
}

TEST_F(Cores, AreAllThatIsThereWhereNothingIsSaid) {
  const Apart all = apart({3, 5, 8}, folder_);
  EXPECT_THAT(all.processors, ElementsAre(3, 5, 8));
  EXPECT_EQ(all.cores, 3);
}

}  // namespace
}  // namespace treering::perf
