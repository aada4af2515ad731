// What TREERING_ALGORITHM may say.
#include "communicator/plans.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace treering {
namespace {

using testing::HasSubstr;

TEST(AlgorithmChoice, AppliesToTheCollectivesThatItNames) {
  EXPECT_EQ(algorithm_asked_for("auto", Collective::scan), "auto");
  EXPECT_EQ(algorithm_asked_for("ring", Collective::scan), "ring");
  EXPECT_EQ(algorithm_asked_for("all-reduce:ring,scan:two-tree", Collective::scan), "two-tree");
  EXPECT_EQ(algorithm_asked_for("all-reduce:ring,scan:two-tree", Collective::broadcast), "auto");
}

TEST(AlgorithmChoice, MayNameWhatThereIs) {
  for (const char* choice :
       {"", "auto", "ring", "dissemination", "all-reduce:ring", "all-reduce:ring,scan:two-tree,reduce:auto"})
    EXPECT_TRUE(check_algorithm_choice(choice)) << choice;
}

TEST(AlgorithmChoice, IsRefusedWithWhatWasMeant) {
  const auto error = [](const char* choice) {
    const auto checked = check_algorithm_choice(choice);
    return checked ? std::string("accepted") : checked.error().message;
  };
  EXPECT_THAT(error("rong"), HasSubstr("\"ring\""));
  EXPECT_THAT(error("all-reduce:two-three"), HasSubstr("\"two-tree\""));
  EXPECT_THAT(error("allreduce:ring"), HasSubstr("allreduce"));
  EXPECT_THAT(error("barrier:ring"), HasSubstr("barrier"));
}

}  // namespace
}  // namespace treering
