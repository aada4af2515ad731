// The data of treering-perf's check: exact in every type, different everywhere, and wrong elements are counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "perf/tool/values.hpp"
#include "treering/elements.hpp"

namespace treering::perf {
namespace {

constexpr std::uint64_t count = 3000;

template <class T>
std::vector<T> filled(const Values& values, Rank rank, Origin origin = {}) {
  std::vector<T> data(count);
  values.fill(reinterpret_cast<std::byte*>(data.data()), count, rank, origin);
  return data;
}

template <class T>
std::vector<T> expected(const Values& values, Rank first, Rank last, Origin origin = {}) {
  std::vector<T> data(count);
  values.expect(reinterpret_cast<std::byte*>(data.data()), count, first, last, origin);
  return data;
}

template <class T>
T combine(Op op, T a, T b) {
  using Wide =
      std::conditional_t<std::is_integral_v<T>, std::int64_t, std::conditional_t<sizeof(T) == 8, double, float>>;
  const auto x = static_cast<Wide>(a), y = static_cast<Wide>(b);
  switch (op) {
    case Op::prod: return static_cast<T>(x * y);
    case Op::max: return static_cast<T>(std::max(x, y));
    case Op::min: return static_cast<T>(std::min(x, y));
    default: return static_cast<T>(x + y);
  }
}

template <class T>
class PerfValues : public testing::Test {};
using Types = testing::Types<std::int8_t, std::uint8_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t,
                             Float16, float, double, BFloat16, Float8E4M3, Float8E5M2>;
TYPED_TEST_SUITE(PerfValues, Types);

TYPED_TEST(PerfValues, CombineToTheExpectedBitsInAnyOrder) {
  for (const int ranks : {1, 2, 3, 4, 7, 16, 300}) {
    for (const Op op : {Op::sum, Op::prod, Op::max, Op::min}) {
      const Values values(data_type_of<TypeParam>, op, ranks, 7);
      std::vector<TypeParam> upwards = filled<TypeParam>(values, 0);
      std::vector<TypeParam> downwards = filled<TypeParam>(values, ranks - 1);
      for (int rank = 1; rank < ranks; ++rank) {
        const auto low = filled<TypeParam>(values, rank), high = filled<TypeParam>(values, ranks - 1 - rank);
        for (std::uint64_t k = 0; k < count; ++k) {
          upwards[k] = combine(op, upwards[k], low[k]);
          downwards[k] = combine(op, downwards[k], high[k]);
        }
      }
      const auto wanted = expected<TypeParam>(values, 0, ranks);
      EXPECT_EQ(0, std::memcmp(wanted.data(), upwards.data(), count * sizeof(TypeParam)))
          << name_of(op) << ", ranks " << ranks;
      EXPECT_EQ(0, std::memcmp(wanted.data(), downwards.data(), count * sizeof(TypeParam)))
          << name_of(op) << ", ranks " << ranks;
    }
  }
}

TYPED_TEST(PerfValues, AverageIsTheSumDividedByRanks) {
  using Wide = std::conditional_t<std::is_integral_v<TypeParam>, std::int64_t,
                                  std::conditional_t<sizeof(TypeParam) == 8, double, float>>;
  for (const int ranks : {1, 2, 3, 5, 8}) {
    const Values averages(data_type_of<TypeParam>, Op::avg, ranks, 3);
    const auto wanted = expected<TypeParam>(averages, 0, ranks);
    for (std::uint64_t k = 0; k < count; ++k) {
      Wide sum = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        TypeParam one;
        averages.fill(reinterpret_cast<std::byte*>(&one), 1, rank, {k, 0});
        sum += static_cast<Wide>(one);
      }
      const auto quotient = static_cast<TypeParam>(sum / static_cast<Wide>(ranks));
      ASSERT_EQ(0, std::memcmp(&wanted[k], &quotient, sizeof quotient))
          << "element " << k << " of " << ranks << " ranks";
    }
  }
}

TYPED_TEST(PerfValues, PremultipliedSumScalesEachRank) {
  const int ranks = 4;
  const Values values(data_type_of<TypeParam>, Op::mulsum, ranks, 3);
  std::vector<TypeParam> sum(count);
  for (int rank = 0; rank < ranks; ++rank) {
    TypeParam scale;
    const std::uint64_t bits = values.scale_bits(rank);
    std::memcpy(static_cast<void*>(&scale), &bits, sizeof scale);
    const auto data = filled<TypeParam>(values, rank);
    for (std::uint64_t k = 0; k < count; ++k) {
      const TypeParam scaled = combine(Op::prod, data[k], scale);
      sum[k] = rank == 0 ? scaled : combine(Op::sum, sum[k], scaled);
    }
  }
  EXPECT_EQ(sum, expected<TypeParam>(values, 0, ranks));
}

/// How many elements of a and b are the same; chance alone makes that a share of them in small types.
template <class T>
std::uint64_t equal(const std::vector<T>& a, const std::vector<T>& b, std::size_t shift = 0) {
  std::uint64_t same = 0;
  for (std::size_t k = shift; k < a.size(); ++k) same += std::memcmp(&a[k], &b[k - shift], sizeof(T)) == 0;
  return same;
}

TYPED_TEST(PerfValues, DifferAtEveryPositionRankAndRepetition) {
  for (const Op op : {Op::sum, Op::prod, Op::max, Op::none}) {
    const Values values(data_type_of<TypeParam>, op, 3, 11);
    const auto data = filled<TypeParam>(values, 0);
    EXPECT_LT(equal(data, filled<TypeParam>(values, 1)), count / 2) << name_of(op);
    EXPECT_LT(equal(data, filled<TypeParam>(values, 0, {0, 1})), count / 2) << name_of(op);
    for (const std::size_t shift : {1, 2, 64, 1024}) EXPECT_LT(equal(data, data, shift), count / 2) << name_of(op);
  }
}

TEST(PerfValues, APlantedWrongElementIsCounted) {
  for (const Op op : {Op::sum, Op::avg, Op::none}) {
    const Values values(DataType::float32, op, 4, 5);
    const Rank last = op == Op::none ? 1 : 4;
    auto got = expected<float>(values, 0, last, {100, 2});
    const auto* bytes = reinterpret_cast<std::byte*>(got.data());
    EXPECT_EQ(0U, values.wrong(bytes, count, 0, last, {100, 2}));
    reinterpret_cast<unsigned char*>(got.data())[4 * 1500] ^= 1U;  // one bit
    got[count - 1] = -99;
    EXPECT_EQ(2U, values.wrong(bytes, count, 0, last, {100, 2}));
    EXPECT_GT(values.wrong(bytes, count, 0, last, {101, 2}), count / 2) << "shifted by one";
    EXPECT_GT(values.wrong(bytes, count, 0, last, {100, 3}), count / 2) << "of another repetition";
  }
}

}  // namespace
}  // namespace treering::perf
