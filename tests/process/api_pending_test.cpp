// Several operations under way on one communicator: each is over on its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "treering/communicator.hpp"

namespace treering {
namespace {

std::vector<int> numbers(int first, int count = 1000) {
  std::vector<int> data(static_cast<std::size_t>(count));
  std::iota(data.begin(), data.end(), first);
  return data;
}

template <class Value>
void expect_ok(const Result<Value>& result) {
  EXPECT_TRUE(result) << result.error().message;
}

// Ranks as threads lend: the first message is over when its own loan is back, whatever else has been lent since.
TEST(Pending, OfOneMessageDoesNotWaitForTheNext) {
  auto ranks = Communicator::create_all(2);
  ASSERT_TRUE(ranks) << ranks.error().message;
  std::thread other([&] {
    Communicator& rank = (*ranks)[1];
    std::vector<int> first(1000), second(1000);
    expect_ok(rank.recv(first, 0));
    expect_ok(rank.send(numbers(3000), 0));
    expect_ok(rank.recv(second, 0));
    EXPECT_EQ(first, numbers(1000));
    EXPECT_EQ(second, numbers(2000));
  });
  Communicator& rank = (*ranks)[0];
  const std::vector<int> x = numbers(1000), y = numbers(2000);
  std::vector<int> answer(1000);
  auto first = rank.start_send(x, 1);
  auto second = rank.start_send(y, 1);
  ASSERT_TRUE(first && second);
  expect_ok(first->wait());
  expect_ok(rank.recv(answer, 1));
  expect_ok(second->wait());
  other.join();
  EXPECT_EQ(answer, numbers(3000));
}

struct Large {
  std::byte bytes[600'000];
};

// What was refused is no call: the peers, who never made it, must not find that this rank has made one more.
TEST(Pending, RefusedGroupIsNoCallForThePeers) {
  auto ranks = Communicator::create_all(2);
  ASSERT_TRUE(ranks) << ranks.error().message;
  std::thread other([&] {
    std::vector<int> data = numbers(10);
    expect_ok((*ranks)[1].all_reduce(data, data));
    expect_ok((*ranks)[1].broadcast(data, 0));  // waits long enough to ask
    EXPECT_EQ(data, numbers(7));
  });
  Communicator& rank = (*ranks)[0];
  std::vector<int> data = numbers(5);
  {
    std::vector<Large> large(1);
    std::vector<int> refused = numbers(1);
    const auto sum = Operator::of<Large>([](const Large& a, const Large&) { return a; });
    Group group;
    expect_ok(rank.all_reduce(refused, refused));
    expect_ok(rank.scan(large, large, sum));
    const auto ended = group.end();
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().message, testing::HasSubstr("too large"));
  }
  expect_ok(rank.all_reduce(data, data));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  data = numbers(7);
  expect_ok(rank.broadcast(data, 0));
  other.join();
}

/// Numbers in pages of their own, which are unmapped with them: who still reads or writes there crashes.
class Pages {
 public:
  explicit Pages(const std::vector<int>& content)
      : size_(content.size()),
        first_(mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    EXPECT_NE(first_, MAP_FAILED);
    std::ranges::copy(content, numbers().begin());
  }
  ~Pages() { munmap(first_, bytes()); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  std::span<int> numbers() const { return {static_cast<int*>(first_), size_}; }

 private:
  std::size_t bytes() const { return size_ * sizeof(int); }
  std::size_t size_;
  void* first_;
};

// The peer has begun, and is in the middle of reading what the one that throws has lent it.
TEST(Pending, IsNotMadeWhereAnOperatorThrowsAtOnceAndNobodyUsesTheBuffersAfterwards) {
  for (const int count : {5'000, 30'000}) {
    auto ranks = Communicator::create_all(2);
    ASSERT_TRUE(ranks) << ranks.error().message;
    const std::vector<int> data = numbers(5, count);
    std::vector<int> out(data.size());
    const auto sum = [](bool throws) {
      return Operator::of<int>([throws](int a, int b) {
        if (throws) throw std::runtime_error("no sum of " + std::to_string(a) + " and " + std::to_string(b));
        return a + b;
      });
    };
    auto peer = (*ranks)[0].start_all_reduce(data, out, sum(false));
    ASSERT_TRUE(peer) << peer.error().message;
    {
      const Pages own(numbers(7000, count)), result(numbers(0, count));
      const auto started = (*ranks)[1].start_all_reduce(own.numbers(), result.numbers(), sum(true));
      ASSERT_FALSE(started) << "or this test is about nothing";
      EXPECT_THAT(started.error().message, testing::HasSubstr("an operator threw an exception on rank 1: no sum of "));
    }
    const auto waited = peer->wait();
    ASSERT_FALSE(waited);
    EXPECT_THAT(waited.error().message, testing::HasSubstr("an operator threw an exception on rank 1"));
  }
}

}  // namespace
}  // namespace treering
