// What people read.
#include "schedule/text.hpp"

#include <gtest/gtest.h>

namespace treering {
namespace {

TEST(Text, OneLineAStep) {
  Schedule schedule{std::vector<Lane>(2), 7};
  Lane& lane = schedule.lanes[0];
  lane.step(12).own({Buffer::input, 4}).send(2);
  lane.step(5).recv(1).own({Buffer::input, 0}).finish().store({Buffer::output, 0});
  lane.step(5).read({Buffer::output, 0}).send(1);
  lane.step(12).recv(1).own({Buffer::input, 4}).store({Buffer::scratch, 0}).send(2);
  lane.step(7).read({Buffer::scratch, 0}).send(3);
  schedule.lanes[1].ahead = 4;
  schedule.lanes[1].circulates = true;
  EXPECT_EQ(text_of(schedule),
            "lane 0\n"
            "   0: 12  own input+4 . send 2\n"
            "   1:  5  recv 1 . own input . finish . store output\n"
            "   2:  5  read output . send 1   behind 2\n"
            "   3: 12  recv 1 . own input+4 . store scratch . send 2   after 2\n"
            "   4:  7  read scratch . send 3   after 2, behind 4\n"
            "lane 1, circulates, ahead 4\n"
            "scratch 7\n");
}

TEST(Text, ShowsFaults) {
  Schedule schedule{std::vector<Lane>(1)};
  schedule.lanes[0].step(1).recv(1).recv(1).store({Buffer::output, 0});
  EXPECT_EQ(text_of(schedule),
            "lane 0\n"
            "   0: 1  recv 1 . recv 1 . store output\n"
            "  fault: step 0: a sentence names the same wire twice\n");
}

}  // namespace
}  // namespace treering
