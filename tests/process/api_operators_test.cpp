// Operators made at run time: pre-multiplied sums, and the user's own in C.
#include <array>
#include <cstring>

#include "process/api_ranks.hpp"
#include "treering/elements.hpp"

namespace treering {
namespace {

constexpr int ranks = 5;

TEST(PremultipliedSums, ScaleEachRanksContribution) {
  const AllRanks all(ranks);
  std::vector<std::vector<double>> data;
  std::vector<ncclRedOp_t> ops(ranks);
  double expected_factor = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    double scale = rank + 0.5;
    expected_factor += scale * (rank + 1);
    ASSERT_OK(ncclRedOpCreatePreMulSum(&ops[static_cast<std::size_t>(rank)], &scale, ncclDouble,
                                       ncclScalarHostImmediate, all[rank]));
    data.emplace_back();
    for (int k = 0; k < 3000; ++k) data.back().push_back((rank + 1) * k);
  }
  ASSERT_OK(all.together([&](int rank, ncclComm_t comm) {
    auto& mine = data[static_cast<std::size_t>(rank)];
    return ncclAllReduce(mine.data(), mine.data(), mine.size(), ncclDouble, ops[static_cast<std::size_t>(rank)], comm,
                         nullptr);
  }));
  for (const auto& mine : data) {
    for (std::size_t k = 0; k < mine.size(); ++k) ASSERT_EQ(mine[k], expected_factor * static_cast<double>(k));
  }
}

TEST(PremultipliedSums, ReadADeferredScaleAtEachCall) {
  const AllRanks all(2);
  std::array<std::int32_t, 2> scales{}, data{};
  std::array<ncclRedOp_t, 2> ops{};
  for (std::size_t rank = 0; rank < 2; ++rank) {
    ASSERT_OK(
        ncclRedOpCreatePreMulSum(&ops[rank], &scales[rank], ncclInt32, ncclScalarDevice, all[static_cast<int>(rank)]));
  }
  for (int factor = 1; factor < 4; ++factor) {
    scales = {factor, 10 * factor};
    data = {3, 4};
    ASSERT_OK(all.together([&](int rank, ncclComm_t comm) {
      auto* number = &data[static_cast<std::size_t>(rank)];
      return ncclAllReduce(number, number, 1, ncclInt32, ops[static_cast<std::size_t>(rank)], comm, nullptr);
    }));
    EXPECT_EQ(data[0], 43 * factor);
  }
}

// x -> a x + b modulo 2^32, composed from left to right: associative, not commutative. One element is (a, b) in 8
// bytes.
struct Affine {
  std::uint32_t a, b;
};
Affine after(const Affine& first, const Affine& second) {
  return {first.a * second.a, second.a * first.b + second.b};
}

void compose(void* accumulator, const void* operand, size_t count, void* user) {
  for (size_t k = 0; k < count; ++k) {
    Affine first, second;
    std::memcpy(&first, static_cast<std::byte*>(accumulator) + k * sizeof(Affine), sizeof first);
    std::memcpy(&second, static_cast<const std::byte*>(operand) + k * sizeof(Affine), sizeof second);
    first = after(first, second);
    std::memcpy(static_cast<std::byte*>(accumulator) + k * sizeof(Affine), &first, sizeof first);
  }
  ++*static_cast<int*>(user);
}

Affine element(int rank, std::size_t k) {
  return {static_cast<std::uint32_t>(2 * rank + 3 + 2 * static_cast<int>(k % 7)),
          static_cast<std::uint32_t>(rank * 1000003) + static_cast<std::uint32_t>(k)};
}

Affine composed(int first, int last, std::size_t k) {
  Affine value = element(first, k);
  for (int rank = first + 1; rank <= last; ++rank) value = after(value, element(rank, k));
  return value;
}

TEST(OperatorsOfTheUsers, KeepTheOrderOfRanks) {
  const AllRanks all(ranks);
  int calls = 0;
  std::vector<ncclRedOp_t> ops(ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    ASSERT_OK(treeringRedOpCreate(&ops[static_cast<std::size_t>(rank)], compose, &calls, ncclUint64, treeringOrderKept,
                                  all[rank]));
  }
  for (const std::size_t count : {std::size_t{1}, std::size_t{5}, std::size_t{20000}}) {
    std::vector<std::vector<Affine>> in(ranks), reduced(ranks), scanned(ranks);
    for (int rank = 0; rank < ranks; ++rank) {
      const auto r = static_cast<std::size_t>(rank);
      for (std::size_t k = 0; k < count; ++k) in[r].push_back(element(rank, k));
      reduced[r].resize(count);
      scanned[r].resize(count);
    }
    ASSERT_OK(all.together([&](int rank, ncclComm_t comm) {
      const auto r = static_cast<std::size_t>(rank);
      EXPECT_OK(ncclAllReduce(in[r].data(), reduced[r].data(), count, ncclUint64, ops[r], comm, nullptr));
      return treeringScan(in[r].data(), scanned[r].data(), count, ncclUint64, ops[r], comm, nullptr);
    }));
    for (int rank = 0; rank < ranks; ++rank) {
      const auto r = static_cast<std::size_t>(rank);
      for (std::size_t k = 0; k < count; ++k) {
        ASSERT_EQ(reduced[r][k].b, composed(0, ranks - 1, k).b)
            << "rank " << rank << ", element " << k << " of " << count;
        ASSERT_EQ(scanned[r][k].b, composed(0, rank, k).b) << "rank " << rank << ", element " << k << " of " << count;
      }
    }
  }
  EXPECT_GT(calls, 0);
  for (int rank = 0; rank < ranks; ++rank) EXPECT_OK(ncclRedOpDestroy(ops[static_cast<std::size_t>(rank)], all[rank]));
}

TEST(OperatorsOfTheUsers, NeedAFunction) {
  const AllRanks all(1);
  ncclRedOp_t op;
  EXPECT_REFUSED(treeringRedOpCreate(&op, nullptr, nullptr, ncclUint64, treeringCommutative, all[0]),
                 ncclInvalidArgument, testing::HasSubstr("treeringRedOpCreate: no operator or no function"));
}

}  // namespace
}  // namespace treering
