// All ranks of a communicator in one thread, through the C API, and what tests of that API ask for.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "nccl/nccl.h"
#include "treering/treering.h"

namespace treering {

/// Success, or the message of the call.
#define EXPECT_OK(call) EXPECT_EQ((call), ncclSuccess) << ncclGetLastError(nullptr)
#define ASSERT_OK(call) ASSERT_EQ((call), ncclSuccess) << ncclGetLastError(nullptr)

/// The call fails with this code and its message matches.
#define EXPECT_REFUSED(call, code, message)               \
  EXPECT_EQ((call), (code)) << ncclGetLastError(nullptr); \
  EXPECT_THAT(std::string(ncclGetLastError(nullptr)), (message))

/// A communicator whose ranks all belong to this thread.
class AllRanks {
 public:
  explicit AllRanks(int ranks) : comms_(static_cast<std::size_t>(ranks)) {
    EXPECT_OK(ncclCommInitAll(comms_.data(), ranks, nullptr));
  }
  ~AllRanks() {
    for (ncclComm_t comm : comms_) {
      if (comm != nullptr) {
        EXPECT_OK(ncclCommDestroy(comm));
      }
    }
  }
  AllRanks(const AllRanks&) = delete;
  AllRanks& operator=(const AllRanks&) = delete;

  int size() const { return static_cast<int>(comms_.size()); }
  ncclComm_t operator[](int rank) const { return comms_[static_cast<std::size_t>(rank)]; }
  /// This rank's communicator is the test's from now on.
  ncclComm_t take(int rank) { return std::exchange(comms_[static_cast<std::size_t>(rank)], nullptr); }

  /// call(rank, comm) for every rank, in one group.
  template <class Call>
  ncclResult_t together(const Call& call) const {
    EXPECT_OK(ncclGroupStart());
    for (int rank = 0; rank < size(); ++rank) EXPECT_OK(call(rank, (*this)[rank]));
    return ncclGroupEnd();
  }

 private:
  std::vector<ncclComm_t> comms_;
};

/// Polls a communicator in non-blocking mode until it is no longer in progress. Fails the test after a minute.
inline ncclResult_t poll_until_over(ncclComm_t comm) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  ncclResult_t state = ncclInProgress;
  while (state == ncclInProgress && std::chrono::steady_clock::now() < deadline) {
    EXPECT_EQ(ncclCommGetAsyncError(comm, &state), ncclSuccess);
  }
  return state;
}

}  // namespace treering
