// The C++ face.
#include "treering/communicator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <span>
#include <thread>

namespace treering {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

#define ASSERT_DONE(result)                                  \
  do {                                                       \
    const auto& done_result = (result);                      \
    ASSERT_TRUE(done_result) << done_result.error().message; \
  } while (false)
#define EXPECT_DONE(result)                                  \
  do {                                                       \
    const auto& done_result = (result);                      \
    EXPECT_TRUE(done_result) << done_result.error().message; \
  } while (false)

/// body(communicator) in a thread for each of `ranks` ranks.
template <class Body>
void on_all_ranks(Rank ranks, const Body& body) {
  auto all = Communicator::create_all(ranks);
  ASSERT_DONE(all);
  std::vector<std::thread> threads;
  for (Communicator& communicator : *all) threads.emplace_back([&] { body(communicator); });
  for (std::thread& thread : threads) thread.join();
}

TEST(Communicator, MovesAndReducesRanges) {
  on_all_ranks(4, [](Communicator& c) {
    const int r = c.rank();
    EXPECT_EQ(c.ranks(), 4);

    const std::vector<int> in{r, 10 * r, 100 * r};
    std::array<int, 3> out{};
    EXPECT_DONE(c.all_reduce(in, out));
    EXPECT_THAT(out, ElementsAre(6, 60, 600));
    EXPECT_DONE(c.all_reduce(in, std::span(out), Reduction::maximum));
    EXPECT_THAT(out, ElementsAre(3, 30, 300));
    EXPECT_DONE(c.reduce(in, out, Reduction::minimum, 2));
    if (r == 2) {
      EXPECT_THAT(out, ElementsAre(0, 0, 0));
    }
    EXPECT_DONE(c.scan(in, out));
    EXPECT_EQ(out[2], 100 * r * (r + 1) / 2);
    EXPECT_DONE(c.exclusive_scan(in, out));
    if (r > 0) {
      EXPECT_EQ(out[2], 100 * r * (r - 1) / 2);
    }

    std::vector<double> data(5, r + 0.5);
    EXPECT_DONE(c.broadcast(data, 3));
    EXPECT_EQ(data[4], 3.5);

    std::vector<int> gathered(12, -1);
    EXPECT_DONE(c.all_gather(in, gathered));
    EXPECT_THAT(gathered, ElementsAre(0, 0, 0, 1, 10, 100, 2, 20, 200, 3, 30, 300));
    EXPECT_DONE(c.all_gather(std::span(gathered).subspan(static_cast<std::size_t>(3 * r), 3), gathered));  // in place
    EXPECT_EQ(gathered[11], 300);
    EXPECT_DONE(c.reduce_scatter(gathered, out));
    EXPECT_THAT(out, ElementsAre(4 * r, 40 * r, 400 * r));
    EXPECT_DONE(c.barrier());
  });
}

TEST(Communicator, ReducesSmallFloats) {
  on_all_ranks(3, [](Communicator& c) {
    std::vector<BFloat16> data(9, BFloat16(1.5f + static_cast<float>(c.rank())));
    EXPECT_DONE(c.all_reduce(data, data));
    EXPECT_EQ(static_cast<float>(data[8]), 7.5f);
  });
}

struct Extremes {
  double least, most;
  std::int32_t of_least, of_most;
};

TEST(Communicator, ReducesAnyTypeByAnyFunction) {
  on_all_ranks(5, [](Communicator& c) {
    const auto join = [](const Extremes& a, const Extremes& b) {
      return Extremes{std::min(a.least, b.least), std::max(a.most, b.most),
                      a.least <= b.least ? a.of_least : b.of_least, a.most >= b.most ? a.of_most : b.of_most};
    };
    std::vector<Extremes> data(333);
    for (std::size_t k = 0; k < data.size(); ++k) {
      const double value = static_cast<double>((static_cast<std::size_t>(c.rank()) * 7 + k * 3) % 5);
      data[k] = {value, value, c.rank(), c.rank()};
    }
    EXPECT_DONE(c.all_reduce(data, data, Operator::of<Extremes>(join, Order::commutative)));
    for (std::size_t k = 0; k < data.size(); ++k) {
      EXPECT_EQ(data[k].least, 0);
      EXPECT_EQ(data[k].most, 4);
      EXPECT_EQ((static_cast<std::size_t>(data[k].of_most) * 7 + k * 3) % 5, 4u);
    }
  });
}

// Matrices multiply in the order of ranks.
using Matrix = std::array<std::uint32_t, 4>;
Matrix product(const Matrix& a, const Matrix& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}
Matrix matrix(Rank rank, std::size_t k) {
  const auto r = static_cast<std::uint32_t>(rank);
  return {r + 1, static_cast<std::uint32_t>(k), 2 * r + 1, 5};
}

TEST(Communicator, KeepsTheOrderOfOperatorsThatDoNotCommute) {
  for (const Rank ranks : {2, 3, 6, 7}) {
    on_all_ranks(ranks, [](Communicator& c) {
      for (const std::size_t count : {std::size_t{1}, std::size_t{4000}}) {
        std::vector<Matrix> in, out(count), scanned(count);
        for (std::size_t k = 0; k < count; ++k) in.push_back(matrix(c.rank(), k));
        EXPECT_DONE(c.all_reduce(in, out, Operator::of<Matrix>(product)));
        EXPECT_DONE(c.scan(in, scanned, Operator::of<Matrix>(product)));
        for (std::size_t k = 0; k < count; ++k) {
          Matrix expected = matrix(0, k);
          for (Rank rank = 1; rank < c.ranks(); ++rank) {
            if (rank == c.rank() + 1) {
              ASSERT_EQ(scanned[k], expected) << "rank " << c.rank() << ", element " << k;
            }
            expected = product(expected, matrix(rank, k));
          }
          ASSERT_EQ(out[k], expected) << "rank " << c.rank() << " of " << c.ranks() << ", element " << k;
        }
      }
    });
  }
}

TEST(Communicator, ScalesBeforeItSums) {
  on_all_ranks(3, [](Communicator& c) {
    std::vector<float> data(10, 2.0f);
    EXPECT_DONE(c.all_reduce(data, data, Operator::premultiplied_sum(static_cast<float>(c.rank() + 1))));
    EXPECT_EQ(data[9], 12.0f);
    const auto wrong = c.all_reduce(data, data, Operator::premultiplied_sum(0.5));  // a double for floats
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("it is for 8 bytes, an element has 4"));
  });
}

TEST(Communicator, RefusesSizesAndTypesThatDoNotFit) {
  auto all = Communicator::create_all(1);
  ASSERT_DONE(all);
  Communicator& c = all->front();
  std::vector<int> three(3), two(2);
  EXPECT_THAT(c.all_reduce(three, two).error().message,
              AllOf(HasSubstr("all_reduce: the sizes do not fit"), HasSubstr("3")));
  EXPECT_THAT(c.all_gather(three, two).error().message, HasSubstr("the sizes do not fit"));
  EXPECT_THAT(c.reduce_scatter(two, three).error().message, HasSubstr("the sizes do not fit"));
  std::vector<Matrix> matrices(2), products(2);
  EXPECT_THAT(c.all_reduce(matrices, products).error().message, HasSubstr("pass Operator::of<T>"));
  EXPECT_THAT(
      c.all_reduce(ConstBuffer(three.data(), 2, DataType::int32), MutableBuffer(two.data(), 2, DataType::float32))
          .error()
          .message,
      HasSubstr("two element types"));
  EXPECT_THAT(c.send(two, 4).error().message, HasSubstr("send on rank 0: no rank 4 to talk to"));
  EXPECT_EQ(c.recv(two, 0).error().code, Code::invalid_usage);
  EXPECT_THAT(Communicator::create_all(0).error().message, HasSubstr("0 ranks"));
  EXPECT_EQ(Communicator::create({}, 3, 2).error().code, Code::invalid_argument);
}

TEST(Pending, RunsManyOperationsOfManyRanksInOneThread) {
  constexpr Rank ranks = 3;
  constexpr int rounds = 6;
  auto all = Communicator::create_all(ranks);
  ASSERT_DONE(all);
  std::vector<std::vector<std::int64_t>> data;
  std::vector<Pending> pending;
  for (int round = 0; round < rounds; ++round) {
    for (Communicator& c : *all) data.emplace_back(1 + 5000 * static_cast<std::size_t>(round), c.rank() + 10 * round);
  }
  for (int round = 0; round < rounds; ++round) {
    for (Communicator& c : *all) {
      auto& mine = data[static_cast<std::size_t>(round * ranks + c.rank())];
      auto started = c.start_all_reduce(mine, mine);
      ASSERT_DONE(started);
      pending.push_back(*std::move(started));
    }
  }
  // Nobody but this thread makes progress.
  bool over = false;
  while (!over) {
    over = true;
    for (Pending& one : pending) over &= one.done();
  }
  for (Pending& one : pending) EXPECT_DONE(one.wait());
  for (int round = 0; round < rounds; ++round) {
    for (Rank rank = 0; rank < ranks; ++rank) {
      EXPECT_THAT(data[static_cast<std::size_t>(round * ranks + rank)], testing::Each(3 + 30 * round));
    }
  }
}

TEST(Pending, IsWaitedForByItsDestructor) {
  on_all_ranks(2, [](Communicator& c) {
    std::vector<int> data(100000, c.rank() + 1);
    { auto started = c.start_all_reduce(data, data); }
    EXPECT_EQ(data.back(), 3);
  });
}

TEST(Group, DrivesAllRanksOfOneThread) {
  auto all = Communicator::create_all(3);
  ASSERT_DONE(all);
  std::vector<int> sent{1, 2, 3}, received(3);
  Group group;
  for (Communicator& c : *all) {
    const auto r = static_cast<std::size_t>(c.rank());
    EXPECT_DONE(c.recv(std::span(&received[r], 1), (c.rank() + 2) % 3));
    EXPECT_DONE(c.send(std::span(&sent[r], 1), (c.rank() + 1) % 3));
  }
  EXPECT_EQ(all->front().start_barrier().error().code, Code::invalid_usage);
  ASSERT_DONE(group.end());
  EXPECT_THAT(received, ElementsAre(3, 1, 2));
  EXPECT_EQ(group.end().error().code, Code::invalid_usage);
}

TEST(Group, StartsWithoutWaiting) {
  auto all = Communicator::create_all(2);
  ASSERT_DONE(all);
  std::vector<int> data{5, 6};
  Group group;
  for (Communicator& c : *all) {
    const std::span<int> mine(&data[static_cast<std::size_t>(c.rank())], 1);
    EXPECT_DONE(c.all_reduce(mine, mine));
  }
  auto pending = group.start();
  ASSERT_DONE(pending);
  EXPECT_DONE(pending->wait());
  EXPECT_THAT(data, ElementsAre(11, 11));
}

TEST(Group, ForgetsItsCallsWithoutAnEnd) {
  auto all = Communicator::create_all(2);
  ASSERT_DONE(all);
  std::vector<int> data{5, 6};
  {
    Group group;
    EXPECT_DONE(all->front().all_reduce(data, data));
  }
  Group group;
  EXPECT_DONE(all->front().barrier());
  EXPECT_DONE(all->back().barrier());
  EXPECT_DONE(group.end());
  EXPECT_THAT(data, ElementsAre(5, 6));
}

TEST(Memory, OfPeersIsReadInPlace) {
  on_all_ranks(2, [](Communicator& c) {
    constexpr std::size_t count = 200000;
    auto memory = allocate(count * sizeof(float));
    ASSERT_DONE(memory);
    const std::span<float> data(static_cast<float*>(*memory), count);
    std::iota(data.begin(), data.end(), static_cast<float>(c.rank()));
    EXPECT_DONE(c.all_reduce(data, data));
    EXPECT_EQ(data[1000], 2001.0f);
    EXPECT_DONE(c.barrier());
    EXPECT_DONE(deallocate(*memory));
  });
}

TEST(Abort, EndsACallOfAnotherThread) {
  auto all = Communicator::create_all(2);
  ASSERT_DONE(all);
  Communicator& c = all->front();
  std::vector<int> data(10);
  Result<void> outcome;
  std::thread waiting([&] { outcome = c.all_reduce(data, data); });  // rank 1 never comes
  c.abort();
  c.abort();
  waiting.join();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("was aborted"));
  EXPECT_FALSE(c.failure());
  EXPECT_FALSE(c.barrier());
}

TEST(Environment, AloneWithoutALauncher) {
  for (const char* name : {"RANK", "WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "PMIX_RANK", "OMPI_COMM_WORLD_RANK",
                           "OMPI_COMM_WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS", "TREERING_RANK", "TREERING_RANKS"}) {
    unsetenv(name);
  }
  auto alone = Communicator::from_environment();
  ASSERT_DONE(alone);
  EXPECT_EQ(alone->ranks(), 1);
  std::vector<int> data{7};
  EXPECT_DONE(alone->all_reduce(data, data));
  EXPECT_EQ(data[0], 7);
}

}  // namespace
}  // namespace treering
