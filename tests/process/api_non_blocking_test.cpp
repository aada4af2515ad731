// Non-blocking mode, and abort.
#include <atomic>
#include <numeric>

#include "process/api_ranks.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

ncclConfig_t non_blocking() {
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  config.commName = "polled";
  return config;
}

ncclResult_t poll_all(const std::vector<ncclComm_t>& comms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  bool in_progress = true;
  while (in_progress && std::chrono::steady_clock::now() < deadline) {
    in_progress = false;
    for (ncclComm_t comm : comms) {
      ncclResult_t state = ncclSuccess;
      EXPECT_OK(ncclCommGetAsyncError(comm, &state));
      if (state != ncclSuccess && state != ncclInProgress) return state;
      in_progress |= state == ncclInProgress;
    }
  }
  return in_progress ? ncclInProgress : ncclSuccess;
}

std::vector<ncclComm_t> started(int ranks) {
  ncclUniqueId id;
  EXPECT_OK(ncclGetUniqueId(&id));
  std::vector<ncclComm_t> comms(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) {
    ncclConfig_t config = non_blocking();
    // Returns at once although nobody else is there yet.
    EXPECT_EQ(ncclCommInitRankConfig(&comms[static_cast<std::size_t>(rank)], ranks, id, rank, &config), ncclInProgress);
  }
  EXPECT_EQ(poll_all(comms), ncclSuccess) << ncclGetLastError(nullptr);
  return comms;
}

TEST(NonBlocking, StartsCallsFinalizesAndDestroys) {
  constexpr std::size_t count = 50000;
  const std::vector<ncclComm_t> comms = started(3);
  std::vector<std::vector<int>> data;
  for (int rank = 0; rank < 3; ++rank) {
    data.emplace_back(count);
    std::iota(data.back().begin(), data.back().end(), rank);
  }
  for (std::size_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(ncclAllReduce(data[rank].data(), data[rank].data(), count, ncclInt, ncclSum, comms[rank], nullptr),
              ncclInProgress);
  }
  ASSERT_EQ(poll_all(comms), ncclSuccess) << ncclGetLastError(nullptr);
  for (const auto& mine : data) {
    for (std::size_t k = 0; k < count; ++k) ASSERT_EQ(mine[k], 3 + 3 * static_cast<int>(k));
  }
  for (ncclComm_t comm : comms) EXPECT_EQ(ncclCommFinalize(comm), ncclInProgress);
  EXPECT_EQ(poll_all(comms), ncclSuccess) << ncclGetLastError(nullptr);
  EXPECT_REFUSED(treeringBarrier(comms[0], nullptr), ncclInvalidUsage, HasSubstr("was finalized"));
  for (ncclComm_t comm : comms) EXPECT_OK(ncclCommDestroy(comm));
}

TEST(NonBlocking, Groups) {
  const std::vector<ncclComm_t> comms = started(2);
  int numbers[] = {1, 2}, received[] = {0, 0};
  ASSERT_OK(ncclGroupStart());
  for (int rank = 0; rank < 2; ++rank) {
    EXPECT_OK(ncclRecv(&received[rank], 1, ncclInt, 1 - rank, comms[static_cast<std::size_t>(rank)], nullptr));
    EXPECT_OK(ncclSend(&numbers[rank], 1, ncclInt, 1 - rank, comms[static_cast<std::size_t>(rank)], nullptr));
  }
  EXPECT_EQ(ncclGroupEnd(), ncclInProgress);
  EXPECT_EQ(poll_all(comms), ncclSuccess) << ncclGetLastError(nullptr);
  EXPECT_THAT(received, testing::ElementsAre(2, 1));
  for (ncclComm_t comm : comms) EXPECT_OK(ncclCommDestroy(comm));
}

TEST(NonBlocking, RefusesCallsBeforeTheStartIsOver) {
  ncclUniqueId id;
  ASSERT_OK(ncclGetUniqueId(&id));
  ncclComm_t comm;
  ncclConfig_t config = non_blocking();
  ASSERT_EQ(ncclCommInitRankConfig(&comm, 2, id, 0, &config), ncclInProgress);  // rank 1 never comes
  EXPECT_REFUSED(treeringBarrier(comm, nullptr), ncclInvalidUsage, HasSubstr("still starts"));
  int rank = -1;
  EXPECT_OK(ncclCommUserRank(comm, &rank));
  EXPECT_EQ(rank, 0);
  EXPECT_OK(ncclCommAbort(comm));
}

TEST(Abort, EndsACallOfAnotherThreadAndMayBeRepeated) {
  AllRanks all(2);
  const ncclComm_t comm = all.take(0);
  const ncclComm_t peer = all.take(1);
  std::atomic<ncclResult_t> outcome = ncclSuccess;
  std::atomic<bool> over = false;
  std::thread waiting([&] {
    int number = 1;
    while (outcome == ncclSuccess) outcome = ncclAllReduce(&number, &number, 1, ncclInt, ncclSum, comm, nullptr);
    over = true;
  });
  std::vector<std::thread> aborting;
  for (int k = 0; k < 3; ++k) aborting.emplace_back([&] { EXPECT_OK(ncclCommAbort(comm)); });
  for (std::thread& thread : aborting) thread.join();
  waiting.join();
  EXPECT_TRUE(over);
  EXPECT_TRUE(outcome == ncclInvalidUsage || outcome == ncclInvalidArgument) << outcome;  // during the call, or before
  EXPECT_OK(ncclCommAbort(comm));

  // The peer learns of it, and of who it was: at the latest when it waits for what will not come.
  ncclResult_t seen = ncclSuccess;
  for (int number = 1; seen == ncclSuccess;) {
    seen = ncclAllReduce(&number, &number, 1, ncclInt, ncclSum, peer, nullptr);
  }
  EXPECT_THAT(std::string(ncclGetLastError(peer)), HasSubstr("rank 0"));
  ncclResult_t state = ncclSuccess;
  EXPECT_OK(ncclCommGetAsyncError(peer, &state));
  EXPECT_NE(state, ncclSuccess);
  EXPECT_OK(ncclCommDestroy(peer));
}

}  // namespace
}  // namespace treering
