// Groups: what one thread calls between start and end makes progress together, and errors come out at the end.
#include <algorithm>
#include <array>
#include <numeric>

#include "process/api_ranks.hpp"

namespace treering {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<int> numbers(std::size_t count, int first) {
  std::vector<int> made(count);
  std::iota(made.begin(), made.end(), first);
  return made;
}

// Every rank sends to every rank, itself too, receives called before sends and in the opposite order.
void exchange_all(int ranks, std::size_t count) {
  const AllRanks all(ranks);
  const auto p = static_cast<std::size_t>(ranks);
  std::vector<std::vector<int>> sent(p * p), received(p * p);
  ASSERT_OK(ncclGroupStart());
  for (int rank = 0; rank < ranks; ++rank) {
    for (int peer = 0; peer < ranks; ++peer) {
      auto& buffer = received[static_cast<std::size_t>(rank * ranks + peer)];
      buffer.resize(count);
      EXPECT_OK(ncclRecv(buffer.data(), count, ncclInt, peer, all[rank], nullptr));
    }
    for (int peer = ranks - 1; peer >= 0; --peer) {
      auto& buffer = sent[static_cast<std::size_t>(rank * ranks + peer)];
      buffer = numbers(count, 1000 * rank + 100 * peer);
      EXPECT_OK(ncclSend(buffer.data(), count, ncclInt, peer, all[rank], nullptr));
    }
  }
  ASSERT_OK(ncclGroupEnd());
  for (std::size_t rank = 0; rank < p; ++rank) {
    for (std::size_t peer = 0; peer < p; ++peer) {
      ASSERT_EQ(received[rank * p + peer], sent[peer * p + rank]) << "rank " << rank << " from " << peer;
    }
  }
}

TEST(Messages, AllToAllInABadOrder) {
  exchange_all(1, 10);
  exchange_all(2, 3);
  exchange_all(5, 1000);
  exchange_all(4, 300000);
}

TEST(Messages, KeepTheirOrder) {
  const AllRanks all(2);
  std::vector<int> received(50, -1);
  const std::vector<int> sent = numbers(50, 7);
  ASSERT_OK(ncclGroupStart());
  for (std::size_t k = 0; k < sent.size(); ++k) {
    EXPECT_OK(ncclSend(&sent[k], 1, ncclInt, 1, all[0], nullptr));
    EXPECT_OK(ncclRecv(&received[k], 1, ncclInt, 0, all[1], nullptr));
  }
  ASSERT_OK(ncclGroupEnd());
  EXPECT_EQ(received, sent);
}

TEST(Messages, OfAGroupArriveInItsOrder) {
  const AllRanks all(2);
  const std::vector<int> sent = numbers(20, 5);
  std::thread sender([&] {
    EXPECT_OK(ncclGroupStart());
    for (const int& number : sent) EXPECT_OK(ncclSend(&number, 1, ncclInt, 1, all[0], nullptr));
    EXPECT_OK(ncclGroupEnd());
  });
  std::vector<int> received(sent.size());
  for (int& number : received) EXPECT_OK(ncclRecv(&number, 1, ncclInt, 0, all[1], nullptr));
  sender.join();
  EXPECT_EQ(received, sent);
}

// What is planned once for a group of messages is used again, where the group is the same in all that matters.
TEST(Messages, AgainAndWithOneThingChanged) {
  const AllRanks all(3);
  const auto arrive = [&](int from, int to, const int* sent, int* received, std::size_t count) {
    ASSERT_OK(ncclGroupStart());
    EXPECT_OK(ncclSend(sent, count, ncclInt, to, all[from], nullptr));
    EXPECT_OK(ncclRecv(received, count, ncclInt, from, all[to], nullptr));
    ASSERT_OK(ncclGroupEnd());
    EXPECT_TRUE(std::equal(sent, sent + count, received)) << from << " to " << to << ", " << count;
  };
  std::vector<int> sent = numbers(600, 3), received(600);
  for (int round = 0; round < 3; ++round) {
    for (int& number : sent) ++number;
    arrive(0, 1, sent.data(), received.data(), 100);
    arrive(0, 1, sent.data() + 1, received.data(), 100);
    arrive(0, 1, sent.data(), received.data() + 1, 100);
    arrive(0, 1, sent.data(), received.data(), 101);
    arrive(0, 2, sent.data(), received.data(), 100);
    arrive(2, 1, sent.data(), received.data(), 100);
    arrive(1, 0, sent.data(), received.data(), 100);
  }
  for (std::size_t k = 0; k < 600; ++k) arrive(1, 2, &sent[k], &received[k], 1);  // more than are kept
}

TEST(Messages, OfNoElements) {
  const AllRanks all(2);
  ASSERT_OK(ncclGroupStart());
  EXPECT_OK(ncclSend(nullptr, 0, ncclInt, 1, all[0], nullptr));
  EXPECT_OK(ncclRecv(nullptr, 0, ncclInt, 0, all[1], nullptr));
  EXPECT_OK(ncclGroupEnd());
}

TEST(Messages, WithoutAGroupBetweenThreads) {
  const AllRanks all(2);
  const std::vector<int> sent = numbers(100000, 3);
  std::vector<int> received(sent.size());
  std::thread sender([&] { EXPECT_OK(ncclSend(sent.data(), sent.size(), ncclInt, 1, all[0], nullptr)); });
  EXPECT_OK(ncclRecv(received.data(), received.size(), ncclInt, 0, all[1], nullptr));
  sender.join();
  EXPECT_EQ(received, sent);
}

TEST(Messages, ToOneselfNeedTheirOtherHalf) {
  const AllRanks all(2);
  int number = 4;
  ASSERT_OK(ncclGroupStart());
  EXPECT_OK(ncclSend(&number, 1, ncclInt, 0, all[0], nullptr));
  EXPECT_REFUSED(ncclGroupEnd(), ncclInvalidUsage, HasSubstr("itself"));
}

TEST(Groups, MixCollectivesMessagesAndCommunicators) {
  const AllRanks first(3), second(2);
  std::vector<int> sums = {1, 2, 3}, maxima = {10, 20}, ring = {100, 200, 300}, passed(3);
  ASSERT_OK(ncclGroupStart());
  for (int rank = 2; rank >= 0; --rank) {
    const auto r = static_cast<std::size_t>(rank);
    EXPECT_OK(ncclSend(&ring[r], 1, ncclInt, (rank + 1) % 3, first[rank], nullptr));
    EXPECT_OK(ncclAllReduce(&sums[r], &sums[r], 1, ncclInt, ncclSum, first[rank], nullptr));
    EXPECT_OK(ncclRecv(&passed[r], 1, ncclInt, (rank + 2) % 3, first[rank], nullptr));
  }
  ASSERT_OK(ncclGroupStart());
  for (int rank = 0; rank < 2; ++rank) {
    int* const number = &maxima[static_cast<std::size_t>(rank)];
    EXPECT_OK(ncclAllReduce(number, number, 1, ncclInt, ncclMax, second[rank], nullptr));
  }
  ASSERT_OK(ncclGroupEnd());
  EXPECT_THAT(maxima, ElementsAre(10, 20));  // an inner end does nothing yet
  ASSERT_OK(ncclGroupEnd());
  EXPECT_THAT(sums, ElementsAre(6, 6, 6));
  EXPECT_THAT(maxima, ElementsAre(20, 20));
  EXPECT_THAT(passed, ElementsAre(300, 100, 200));
}

TEST(Groups, StartAllRanksOfSeveralCommunicatorsInOneThread) {
  ncclUniqueId ids[2];
  for (auto& id : ids) ASSERT_OK(ncclGetUniqueId(&id));
  ncclComm_t comms[2][3];
  std::array<int, 3> numbers{1, 10, 100};
  ASSERT_OK(ncclGroupStart());
  for (int which = 0; which < 2; ++which) {
    for (int rank = 0; rank < 3; ++rank) EXPECT_OK(ncclCommInitRank(&comms[which][rank], 3, ids[which], rank));
  }
  // Even calls on what only starts with the group.
  for (std::size_t rank = 0; rank < 3; ++rank) {
    EXPECT_OK(ncclAllReduce(&numbers[rank], &numbers[rank], 1, ncclInt, ncclSum, comms[0][rank], nullptr));
  }
  ASSERT_OK(ncclGroupEnd());
  EXPECT_THAT(numbers, ElementsAre(111, 111, 111));
  ASSERT_OK(ncclGroupStart());
  for (auto& ranks : comms) {
    for (ncclComm_t comm : ranks) EXPECT_OK(ncclCommFinalize(comm));
  }
  ASSERT_OK(ncclGroupEnd());
  EXPECT_REFUSED(treeringBarrier(comms[0][0], nullptr), ncclInvalidUsage, HasSubstr("was finalized"));
  for (auto& ranks : comms) {
    for (ncclComm_t comm : ranks) EXPECT_OK(ncclCommDestroy(comm));
  }
}

TEST(Groups, ReportTheFirstErrorAtTheirEndAndDoNothing) {
  const AllRanks all(2);
  int numbers[] = {1, 2};
  ASSERT_OK(ncclGroupStart());
  EXPECT_OK(ncclAllReduce(&numbers[0], &numbers[0], 1, ncclInt, ncclSum, all[0], nullptr));
  EXPECT_EQ(ncclAllReduce(nullptr, &numbers[1], 1, ncclInt, ncclSum, all[1], nullptr), ncclInvalidArgument);
  EXPECT_EQ(ncclBroadcast(numbers, numbers, 1, ncclInt, 9, all[1], nullptr), ncclInvalidArgument);
  EXPECT_REFUSED(ncclGroupEnd(), ncclInvalidArgument, HasSubstr("ncclAllReduce on rank 1: no send buffer"));
  EXPECT_THAT(numbers, ElementsAre(1, 2));

  ASSERT_OK(all.together([&](int rank, ncclComm_t comm) {
    return ncclAllReduce(&numbers[rank], &numbers[rank], 1, ncclInt, ncclSum, comm, nullptr);
  }));
  EXPECT_THAT(numbers, ElementsAre(3, 3));
}

TEST(Groups, AreRefusedWithoutAStart) {
  EXPECT_REFUSED(ncclGroupEnd(), ncclInvalidUsage, AllOf(HasSubstr("not open"), HasSubstr("pair every start")));
  EXPECT_OK(ncclGroupStart());
  EXPECT_OK(ncclGroupEnd());
}

TEST(Groups, HoldTheirCommunicators) {
  const AllRanks all(2);
  ASSERT_OK(ncclGroupStart());
  EXPECT_OK(treeringBarrier(all[0], nullptr));
  EXPECT_REFUSED(ncclCommDestroy(all[0]), ncclInvalidUsage, HasSubstr("still has calls"));
  EXPECT_NE(ncclGroupEnd(), ncclSuccess);
}

}  // namespace
}  // namespace treering
