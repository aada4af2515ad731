// Values that remember where they came from.
#include "schedule/provenance.hpp"

#include <gtest/gtest.h>

namespace treering {
namespace {

TEST(Provenance, ComparesFactorsHoweverTheyWereGrouped) {
  Provenance values;
  const Value a = values.contribution(0, 5), b = values.contribution(1, 5), c = values.contribution(2, 5);
  const Value left = values.product(values.product(a, b), c);
  const Value right = values.product(a, values.product(b, values.contribution(2, 5)));
  EXPECT_TRUE(values.same_order(left, right));
  EXPECT_TRUE(values.same_multiset(left, right));
  EXPECT_EQ(values.text(left), "0.5 1.5 2.5");
}

TEST(Provenance, TellsOrderFromMultiset) {
  Provenance values;
  const Value a = values.contribution(0, 5), b = values.contribution(1, 5);
  EXPECT_FALSE(values.same_order(values.product(a, b), values.product(b, a)));
  EXPECT_TRUE(values.same_multiset(values.product(a, b), values.product(b, a)));
}

TEST(Provenance, TellsRanksElementsAndMarksApart) {
  Provenance values;
  const Value a = values.contribution(0, 5);
  for (const Value other : {values.contribution(5, 0), values.contribution(0, 6), values.rubbish(0, 5),
                            values.product(a, a), values.finished(a), Provenance::nothing}) {
    EXPECT_FALSE(values.same_order(a, other)) << values.text(other);
    EXPECT_FALSE(values.same_multiset(a, other)) << values.text(other);
  }
  EXPECT_FALSE(values.same_order(values.finished(a), values.finished(values.finished(a))));
}

TEST(Provenance, NothingIsNeutral) {
  Provenance values;
  const Value a = values.contribution(3, 1);
  EXPECT_EQ(values.product(Provenance::nothing, a), a);
  EXPECT_EQ(values.product(a, Provenance::nothing), a);
  EXPECT_EQ(values.text(Provenance::nothing), "nothing");
}

TEST(Provenance, MarksRanks) {
  Provenance values;
  std::vector<bool> ranks(4);
  values.mark_ranks(values.finished(values.product(values.contribution(1, 0), values.rubbish(3, 0))), ranks);
  EXPECT_EQ(ranks, (std::vector<bool>{false, true, false, true}));
}

// A value that is multiplied to itself again and again, as a lent one may be when it is corrupt, must cost nothing.
TEST(Provenance, SurvivesProductsOfAnyLength) {
  Provenance values;
  const Value a = values.contribution(0, 0);
  Value power = a;
  for (int n = 0; n < 200; ++n) power = values.product(power, power);
  EXPECT_FALSE(values.same_multiset(power, Provenance::nothing));
  EXPECT_FALSE(values.same_order(values.product(a, power), a));
  EXPECT_LT(values.text(power).size(), 500u);
  std::vector<bool> ranks(1);
  values.mark_ranks(power, ranks);
  EXPECT_TRUE(ranks[0]);
}

}  // namespace
}  // namespace treering
