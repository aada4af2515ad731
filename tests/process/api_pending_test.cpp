// Several operations under way on one communicator: each is over on its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <vector>

#include "treering/communicator.hpp"

namespace treering {
namespace {

std::vector<int> numbers(int first) {
  std::vector<int> data(1000);
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

}  // namespace
}  // namespace treering
