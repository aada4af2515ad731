// What a program can get wrong, each with its code and with words that say what to do.
#include <array>
#include <cstdlib>

#include "process/api_ranks.hpp"

namespace treering {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Arguments : public testing::Test {
 protected:
  AllRanks both_{2};
  ncclComm_t comm_ = both_[1];
  std::array<float, 64> in_{};
  std::array<float, 64> out_{};
};

TEST_F(Arguments, MissingBuffers) {
  EXPECT_REFUSED(ncclAllReduce(nullptr, out_.data(), 5, ncclFloat, ncclSum, comm_, nullptr), ncclInvalidArgument,
                 AllOf(HasSubstr("ncclAllReduce on rank 1: no send buffer"), HasSubstr("pass 5 elements of float32")));
  EXPECT_REFUSED(ncclAllReduce(in_.data(), nullptr, 5, ncclFloat, ncclSum, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("no receive buffer"));
  EXPECT_REFUSED(ncclSend(nullptr, 5, ncclFloat, 0, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("ncclSend on rank 1"));
  EXPECT_REFUSED(ncclRecv(nullptr, 5, ncclFloat, 0, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("no receive buffer"));
  EXPECT_REFUSED(ncclBcast(nullptr, 5, ncclFloat, 1, comm_, nullptr), ncclInvalidArgument, HasSubstr("ncclBcast"));
}

TEST_F(Arguments, RootsAndPeers) {
  EXPECT_REFUSED(ncclBroadcast(in_.data(), out_.data(), 5, ncclFloat, 2, comm_, nullptr), ncclInvalidArgument,
                 AllOf(HasSubstr("root 2 does not exist"), HasSubstr("from 0 to 1")));
  EXPECT_REFUSED(ncclReduce(in_.data(), out_.data(), 5, ncclFloat, ncclSum, -1, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("root -1 does not exist"));
  EXPECT_REFUSED(ncclSend(in_.data(), 5, ncclFloat, 7, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("no rank 7 to talk to"));
  EXPECT_REFUSED(ncclRecv(out_.data(), 5, ncclFloat, -3, comm_, nullptr), ncclInvalidArgument, HasSubstr("no rank -3"));
  EXPECT_REFUSED(ncclSend(in_.data(), 5, ncclFloat, 1, comm_, nullptr), ncclInvalidUsage,
                 HasSubstr("a message to oneself"));
}

TEST_F(Arguments, TypesAndOperators) {
  for (const int type : {-1, 12, 256, 263}) {
    EXPECT_REFUSED(
        ncclAllReduce(in_.data(), out_.data(), 5, static_cast<ncclDataType_t>(type), ncclSum, comm_, nullptr),
        ncclInvalidArgument, HasSubstr("no data type " + std::to_string(type)));
  }
  for (const int op : {-1, 5, 99}) {
    EXPECT_REFUSED(ncclAllReduce(in_.data(), out_.data(), 5, ncclFloat, static_cast<ncclRedOp_t>(op), comm_, nullptr),
                   ncclInvalidArgument, HasSubstr("no operator " + std::to_string(op)));
  }
}

TEST_F(Arguments, AveragesOfPrefixes) {
  EXPECT_REFUSED(treeringScan(in_.data(), out_.data(), 5, ncclFloat, ncclAvg, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("no average of a prefix"));
}

TEST_F(Arguments, CountsThatNoMemoryHolds) {
  EXPECT_REFUSED(ncclAllReduce(in_.data(), out_.data(), static_cast<size_t>(-1), ncclFloat, ncclSum, comm_, nullptr),
                 ncclInvalidArgument, HasSubstr("is too large"));
  // Fits on its own, but not times the number of ranks.
  EXPECT_REFUSED(ncclAllGather(in_.data(), out_.data(), size_t{1} << 60, ncclFloat, comm_, nullptr),
                 ncclInvalidArgument, AllOf(HasSubstr("is too large"), HasSubstr("times 2 ranks")));
}

TEST_F(Arguments, BuffersThatOverlap) {
  float* const data = in_.data();
  const auto overlap = HasSubstr("the buffers overlap");
  EXPECT_REFUSED(ncclAllReduce(data, data + 1, 8, ncclFloat, ncclSum, comm_, nullptr), ncclInvalidArgument,
                 AllOf(overlap, HasSubstr("both buffers are the same")));
  EXPECT_REFUSED(ncclBroadcast(data + 7, data, 8, ncclFloat, 1, comm_, nullptr), ncclInvalidArgument, overlap);
  EXPECT_REFUSED(ncclReduce(data + 7, data, 8, ncclFloat, ncclSum, 1, comm_, nullptr), ncclInvalidArgument, overlap);
  EXPECT_REFUSED(treeringScan(data, data + 2, 8, ncclFloat, ncclSum, comm_, nullptr), ncclInvalidArgument, overlap);
  // The place of rank 0, not of rank 1.
  EXPECT_REFUSED(ncclAllGather(data, data, 8, ncclFloat, comm_, nullptr), ncclInvalidArgument,
                 AllOf(overlap, HasSubstr("block `rank`")));
  EXPECT_REFUSED(ncclReduceScatter(data, data, 8, ncclFloat, ncclSum, comm_, nullptr), ncclInvalidArgument, overlap);
}

TEST_F(Arguments, Streams) {
  int anything = 0;
  const auto stream = reinterpret_cast<cudaStream_t>(&anything);
  EXPECT_REFUSED(ncclAllReduce(in_.data(), out_.data(), 5, ncclFloat, ncclSum, comm_, stream), ncclInvalidUsage,
                 AllOf(HasSubstr("the stream is not null"), HasSubstr("pass a null stream")));
}

TEST_F(Arguments, NoCommunicator) {
  EXPECT_REFUSED(ncclAllReduce(in_.data(), out_.data(), 5, ncclFloat, ncclSum, nullptr, nullptr), ncclInvalidArgument,
                 HasSubstr("ncclAllReduce: no communicator"));
  std::array<std::uint64_t, 64> not_one{};
  EXPECT_REFUSED(treeringBarrier(reinterpret_cast<ncclComm_t>(not_one.data()), nullptr), ncclInvalidArgument,
                 HasSubstr("not a communicator"));
  int answer = 0;
  EXPECT_REFUSED(ncclCommCount(nullptr, &answer), ncclInvalidArgument, HasSubstr("ncclCommCount"));
  EXPECT_REFUSED(ncclCommCount(comm_, nullptr), ncclInvalidArgument, HasSubstr("nowhere to put the answer"));
}

TEST_F(Arguments, DestroyedCommunicatorsAndOperators) {
  ncclRedOp_t op;
  float scale = 2;
  ASSERT_OK(ncclRedOpCreatePreMulSum(&op, &scale, ncclFloat, ncclScalarHostImmediate, comm_));
  EXPECT_REFUSED(ncclAllReduce(in_.data(), out_.data(), 5, ncclDouble, op, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("is for data type 7"));
  EXPECT_REFUSED(ncclAllReduce(in_.data(), out_.data(), 5, ncclFloat, op, both_[0], nullptr), ncclInvalidArgument,
                 HasSubstr("no operator"));
  EXPECT_OK(ncclRedOpDestroy(op, comm_));
  EXPECT_REFUSED(ncclAllReduce(in_.data(), out_.data(), 5, ncclFloat, op, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("destroyed"));
  EXPECT_REFUSED(ncclRedOpDestroy(op, comm_), ncclInvalidArgument, HasSubstr("destroyed before"));
  EXPECT_REFUSED(ncclRedOpDestroy(ncclSum, comm_), ncclInvalidArgument, HasSubstr("built in"));

  for (int rank = 0; rank < 2; ++rank) EXPECT_OK(ncclCommDestroy(both_.take(rank)));
  EXPECT_REFUSED(ncclAllReduce(in_.data(), out_.data(), 5, ncclFloat, ncclSum, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("the communicator is gone"));
  EXPECT_REFUSED(ncclCommDestroy(comm_), ncclInvalidArgument, HasSubstr("the communicator is gone"));
}

TEST_F(Arguments, RefusalsLeaveTheCommunicatorWhole) {
  EXPECT_REFUSED(ncclAllReduce(nullptr, out_.data(), 5, ncclFloat, ncclSum, comm_, nullptr), ncclInvalidArgument,
                 HasSubstr("no send buffer"));
  in_ = {1, 2, 3};
  EXPECT_OK(both_.together([&](int rank, ncclComm_t comm) {
    return ncclAllReduce(in_.data(), rank == 0 ? out_.data() : out_.data() + 32, 3, ncclFloat, ncclSum, comm, nullptr);
  }));
  EXPECT_EQ(out_[2], 6);
  EXPECT_EQ(out_[34], 6);
}

TEST(Start, RefusesWhatMakesNoCommunicator) {
  ncclUniqueId id;
  ASSERT_OK(ncclGetUniqueId(&id));
  ncclComm_t comm = nullptr;
  EXPECT_REFUSED(ncclCommInitRank(&comm, 2, id, 2), ncclInvalidArgument, HasSubstr("ncclCommInitRank: no rank 2"));
  EXPECT_REFUSED(ncclCommInitRank(&comm, 2, id, -1), ncclInvalidArgument, HasSubstr("no rank -1"));
  EXPECT_REFUSED(ncclCommInitRank(&comm, 0, id, 0), ncclInvalidArgument, HasSubstr("0 ranks make no communicator"));
  EXPECT_REFUSED(ncclCommInitRank(nullptr, 1, id, 0), ncclInvalidArgument, HasSubstr("nowhere to put"));
  EXPECT_REFUSED(ncclCommInitAll(&comm, 0, nullptr), ncclInvalidArgument, HasSubstr("ncclCommInitAll"));
  const int device = -2;
  EXPECT_REFUSED(ncclCommInitAll(&comm, 1, &device), ncclInvalidArgument, HasSubstr("no device -2"));
  EXPECT_REFUSED(ncclGetUniqueId(nullptr), ncclInvalidArgument, HasSubstr("nowhere to put the id"));

  const ncclUniqueId nothing{};
  EXPECT_NE(ncclCommInitRank(&comm, 1, nothing, 0), ncclSuccess);
  EXPECT_EQ(comm, nullptr);
}

TEST(Start, RefusesWrongConfigurations) {
  ncclUniqueId id;
  ASSERT_OK(ncclGetUniqueId(&id));
  ncclComm_t comm = nullptr;
  ncclConfig_t zeros{};
  EXPECT_REFUSED(ncclCommInitRankConfig(&comm, 1, id, 0, &zeros), ncclInvalidArgument,
                 HasSubstr("begin with NCCL_CONFIG_INITIALIZER"));
  ncclConfig_t short_one = NCCL_CONFIG_INITIALIZER;
  short_one.size = 3;
  EXPECT_REFUSED(ncclCommInitRankConfig(&comm, 1, id, 0, &short_one), ncclInvalidArgument, HasSubstr("size is wrong"));
  ncclConfig_t bad_value = NCCL_CONFIG_INITIALIZER;
  bad_value.blocking = 2;
  EXPECT_REFUSED(ncclCommInitRankConfig(&comm, 1, id, 0, &bad_value), ncclInvalidArgument,
                 HasSubstr("blocking is wrong (2 is not between 0 and 1)"));
  ncclConfig_t crossed = NCCL_CONFIG_INITIALIZER;
  crossed.minCTAs = 4;
  crossed.maxCTAs = 2;
  EXPECT_REFUSED(ncclCommInitRankConfig(&comm, 1, id, 0, &crossed), ncclInvalidArgument,
                 HasSubstr("contradicts itself"));
}

// The structure as an older program has it: what lies beyond its size must not be read.
TEST(Start, ReadsOnlyTheKnownPartOfAConfiguration) {
  ncclUniqueId id;
  ASSERT_OK(ncclGetUniqueId(&id));
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 1;
  config.size = offsetof(ncclConfig_t, cgaClusterSize);
  config.cgaClusterSize = 1234;  // would be refused
  ncclComm_t comm = nullptr;
  ASSERT_OK(ncclCommInitRankConfig(&comm, 1, id, 0, &config));
  EXPECT_OK(ncclCommDestroy(comm));
}

TEST(Queries, AnswerWhatStartWasTold) {
  ncclComm_t comms[2];
  const int devices[] = {3, 3};
  ASSERT_OK(ncclCommInitAll(comms, 2, devices));
  int count = 0, rank = 0, device = 0, version = 0;
  EXPECT_OK(ncclCommCount(comms[1], &count));
  EXPECT_OK(ncclCommUserRank(comms[1], &rank));
  EXPECT_OK(ncclCommCuDevice(comms[1], &device));
  EXPECT_OK(ncclGetVersion(&version));
  EXPECT_THAT((std::array{count, rank, device, version}), testing::ElementsAre(2, 1, 3, 22809));
  char summary[4000];
  EXPECT_OK(treeringCommSummary(comms[0], summary, sizeof summary));
  EXPECT_THAT(std::string(summary), testing::StartsWith("2 ranks on 1 host, as rank 0"));
  EXPECT_THAT(std::string(summary), HasSubstr("\n  all-reduce "));
  EXPECT_OK(treeringCommSummary(comms[0], summary, 3));
  EXPECT_EQ(std::string(summary), "2 ");
  for (ncclComm_t comm : comms) EXPECT_OK(ncclCommDestroy(comm));
}

TEST(Queries, EveryCodeHasWords) {
  for (int code = 0; code < ncclNumResults; ++code)
    EXPECT_STRNE(ncclGetErrorString(static_cast<ncclResult_t>(code)), "");
  EXPECT_STREQ(ncclGetErrorString(static_cast<ncclResult_t>(15)), "unknown result code");
}

TEST(Memory, IsGivenAndTaken) {
  void* memory = nullptr;
  ASSERT_OK(ncclMemAlloc(&memory, 10000));
  static_cast<char*>(memory)[9999] = 1;
  EXPECT_OK(ncclMemFree(memory));
  EXPECT_OK(ncclMemFree(nullptr));
  EXPECT_OK(ncclMemAlloc(&memory, 0));
  EXPECT_EQ(memory, nullptr);
  int mine = 0;
  EXPECT_REFUSED(ncclMemFree(&mine), ncclInvalidArgument, HasSubstr("ncclMemFree"));
}

TEST(LastError, BelongsToItsThread) {
  EXPECT_REFUSED(ncclGetVersion(nullptr), ncclInvalidArgument, HasSubstr("ncclGetVersion"));
  std::thread([] { EXPECT_STREQ(ncclGetLastError(nullptr), ""); }).join();
}

}  // namespace
}  // namespace treering
