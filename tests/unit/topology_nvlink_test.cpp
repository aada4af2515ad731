// Rates of NVLink by generation, and by what drivers tell.
#include <gtest/gtest.h>

#include "topology/nvlink.hpp"

namespace treering::topology {
namespace {

TEST(NvLinkRate, IsThatOfTheGeneration) {
  EXPECT_FALSE(nvlink_gbs(0).is_known());
  EXPECT_FALSE(nvlink_gbs(52).is_known());
  EXPECT_EQ(nvlink_gbs(60), 20);
  EXPECT_EQ(nvlink_gbs(70), 25);
  EXPECT_EQ(nvlink_gbs(80), 25);
  EXPECT_EQ(nvlink_gbs(86), 14.0625);
  EXPECT_EQ(nvlink_gbs(90), 25);
  EXPECT_EQ(nvlink_gbs(100), 50);
}

TEST(NvLinkRate, IsWhatTheDriverTellsLessLineCoding) {
  EXPECT_EQ(nvlink_gbs(70, 25.781), 25);
  EXPECT_EQ(nvlink_gbs(90, 26.562), 25);
  EXPECT_EQ(nvlink_gbs(70, 19.531), 19.531) << "it runs at another speed";
  EXPECT_EQ(nvlink_gbs(107, 106.25), 106.25) << "a generation that is not known";
  EXPECT_EQ(nvlink_gbs(0, 31), 31);
  EXPECT_EQ(nvlink_gbs(90, {}), 25);
  EXPECT_EQ(nvlink_gbs(90, 0), 25);
}

}  // namespace
}  // namespace treering::topology
