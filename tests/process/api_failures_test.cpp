// What happens when ranks disagree or die: an error that names them on all ranks, never a hang. Ranks are processes
// here.
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "process/api_processes.hpp"
#include "process/api_ranks.hpp"

namespace treering {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Both of two ranks report that they disagree, and the message has the words of both calls.
void expect_disagreement(const std::function<ncclResult_t(int rank, ncclComm_t comm)>& call,
                         const std::string& words_of_0, const std::string& words_of_1) {
  const auto reports =
      in_processes(2, [&](int rank, ncclComm_t comm) { return timed([&] { return call(rank, comm); }); });
  for (const Report& report : reports) {
    EXPECT_EQ(report.result, ncclInvalidUsage);
    EXPECT_THAT(report.message,
                AllOf(HasSubstr("rank 0 called " + words_of_0), HasSubstr("rank 1 called " + words_of_1)));
  }
}

// Enough for every algorithm to need its peer; the second half is for receives that are larger than they should be.
float in[4096], out[4096];

TEST(Disagreement, OnTheCount) {
  expect_disagreement(
      [](int rank, ncclComm_t comm) {
        return ncclAllReduce(in, out, rank == 0 ? 1000 : 1001, ncclFloat, ncclSum, comm, nullptr);
      },
      "all-reduce of 1000", "all-reduce of 1001");
}

TEST(Disagreement, OnZeroAndSome) {
  expect_disagreement(
      [](int rank, ncclComm_t comm) {
        const ncclResult_t first = ncclAllReduce(in, out, rank == 0 ? 0 : 10, ncclFloat, ncclSum, comm, nullptr);
        return first == ncclSuccess ? ncclAllReduce(in, out, 20, ncclFloat, ncclSum, comm, nullptr) : first;
      },
      "all-reduce of", "all-reduce of 10");
}

TEST(Disagreement, OnTheType) {
  expect_disagreement(
      [](int rank, ncclComm_t comm) {
        return ncclAllReduce(in, out, 100, rank == 0 ? ncclFloat : ncclInt32, ncclSum, comm, nullptr);
      },
      "all-reduce of 100 float32", "all-reduce of 100 int32");
}

TEST(Disagreement, OnTheOperator) {
  expect_disagreement(
      [](int rank, ncclComm_t comm) {
        return ncclAllReduce(in, out, 100, ncclFloat, rank == 0 ? ncclSum : ncclMax, comm, nullptr);
      },
      "all-reduce of 100 float32, sum", "all-reduce of 100 float32, maximum");
}

TEST(Disagreement, OnTheRootOfAReduction) {
  expect_disagreement(
      [](int rank, ncclComm_t comm) { return ncclReduce(in, out, 100, ncclFloat, ncclSum, rank, comm, nullptr); },
      "reduce of 100 float32 to rank 0", "reduce of 100 float32 to rank 1");
}

// Both only send: they cannot notice before they next receive.
TEST(Disagreement, OnTheRootOfABroadcast) {
  const auto reports = in_processes(2, [](int rank, ncclComm_t comm) {
    return timed([&] {
      const ncclResult_t first = ncclBroadcast(in, out, 100, ncclFloat, rank, comm, nullptr);
      return first == ncclSuccess ? treeringBarrier(comm, nullptr) : first;
    });
  });
  for (const Report& report : reports) {
    EXPECT_EQ(report.result, ncclInvalidUsage);
    EXPECT_THAT(report.message,
                AllOf(HasSubstr("rank 0 called "), HasSubstr("rank 1 called "), HasSubstr("broadcast")));
  }
}

TEST(Disagreement, OnTheCollective) {
  expect_disagreement(
      [](int rank, ncclComm_t comm) {
        return rank == 0 ? ncclAllReduce(in, out, 100, ncclFloat, ncclSum, comm, nullptr)
                         : treeringBarrier(comm, nullptr);
      },
      "all-reduce of 100", "barrier");
}

TEST(Disagreement, OnAMessage) {
  const auto reports = in_processes(2, [](int rank, ncclComm_t comm) {
    return timed([&] {
      return rank == 0 ? ncclSend(in, 10, ncclFloat, 1, comm, nullptr) : ncclRecv(out, 20, ncclFloat, 0, comm, nullptr);
    });
  });
  EXPECT_EQ(reports[1].result, ncclInvalidUsage);
  EXPECT_THAT(reports[1].message, AllOf(HasSubstr("0"), HasSubstr("1"), HasSubstr("20 float32")));
}

TEST(Disagreement, OnAMessageOfNothing) {
  const auto reports = in_processes(2, [](int rank, ncclComm_t comm) {
    return timed([&] {
      return rank == 0 ? ncclSend(in, 0, ncclFloat, 1, comm, nullptr) : ncclRecv(out, 20, ncclFloat, 0, comm, nullptr);
    });
  });
  EXPECT_EQ(reports[1].result, ncclInvalidUsage);
  EXPECT_THAT(reports[1].message, AllOf(HasSubstr("send of 0 float32 to rank 1"), HasSubstr("20 float32 from rank 0")));
}

// All survivors, those that do not talk to the dead rank themselves too. They learn of it within a second; the margin
// is for machines with fewer cores than ranks.
TEST(Death, OfOneIsAnErrorOnAllTheOthers) {
  constexpr int ranks = 4, victim = 2;
  const auto reports = in_processes(ranks, [](int rank, ncclComm_t comm) {
    float number = 1;
    for (int round = 0; round < 3; ++round) {
      const Report report =
          timed([&] { return ncclAllReduce(&number, &number, 1, ncclFloat, ncclSum, comm, nullptr); });
      if (report.result != ncclSuccess) return report;
    }
    if (rank == victim) kill(getpid(), SIGKILL);
    return timed([&] { return ncclAllReduce(in, out, 4096, ncclFloat, ncclSum, comm, nullptr); });
  });
  for (int rank = 0; rank < ranks; ++rank) {
    const Report& report = reports[static_cast<std::size_t>(rank)];
    if (rank == victim) {
      EXPECT_EQ(report.message, "");
      continue;
    }
    EXPECT_EQ(report.result, ncclRemoteError) << rank;
    EXPECT_THAT(report.message, HasSubstr("rank 2"));
    EXPECT_LT(report.milliseconds, 5000) << rank;
    RecordProperty("milliseconds_on_rank_" + std::to_string(rank), static_cast<int>(report.milliseconds));
  }
}

/// Sums, except on the rank that `user` is for.
void sum_or_throw(void* accumulator, const void* operand, std::size_t count, void* user) {
  if (user != nullptr) throw std::runtime_error("element 7 is out of range");
  for (std::size_t k = 0; k < count; ++k) static_cast<float*>(accumulator)[k] += static_cast<const float*>(operand)[k];
}

// In the middle of an operation, so that the other ranks wait for what it has not sent; nor can the rank go on.
TEST(Operators, ThatThrowOnOneRankFailOnAll) {
  for (const std::size_t count : {1, 4096}) {
    const auto reports = in_processes(3, [count](int rank, ncclComm_t comm) {
      ncclRedOp_t op{};
      Report made = timed([&] {
        return treeringRedOpCreate(&op, sum_or_throw, rank == 1 ? in : nullptr, ncclFloat, treeringOrderKept, comm);
      });
      if (made.result != ncclSuccess) return made;
      Report first = timed([&] { return ncclAllReduce(in, out, count, ncclFloat, op, comm, nullptr); });
      Report second = timed([&] { return ncclAllReduce(in, out, count, ncclFloat, ncclSum, comm, nullptr); });
      return first.result == ncclSuccess ? second : first;
    });
    for (const Report& report : reports) {
      EXPECT_EQ(report.result, ncclInvalidUsage);
      EXPECT_THAT(report.message,
                  AllOf(HasSubstr("an operator threw an exception on rank 1"), HasSubstr("element 7 is out of range")));
    }
  }
}

TEST(Processes, AgreeOnWhatTheyCompute) {
  const auto reports = in_processes(3, [](int rank, ncclComm_t comm) {
    std::vector<double> data(100000);
    for (std::size_t k = 0; k < data.size(); ++k) data[k] = static_cast<double>(k * 3 + static_cast<std::size_t>(rank));
    Report report =
        timed([&] { return ncclAllReduce(data.data(), data.data(), data.size(), ncclDouble, ncclSum, comm, nullptr); });
    for (std::size_t k = 0; k < data.size(); ++k) {
      if (data[k] != static_cast<double>(k * 9 + 3)) report.message = "wrong at " + std::to_string(k);
    }
    return report;
  });
  for (const Report& report : reports) {
    EXPECT_EQ(report.result, ncclSuccess);
    EXPECT_EQ(report.message, "");
  }
}

}  // namespace
}  // namespace treering
