#include "startup/handshake.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace treering {
namespace {

std::shared_ptr<const Keys> keys_of(int number) {
  Secret secret{};
  for (std::size_t k = 0; k < secret.size(); ++k) secret[k] = static_cast<std::byte>(number * 31 + static_cast<int>(k));
  return *Keys::derive(secret);
}

template <std::size_t N>
std::array<std::byte, N> copy(std::span<const std::byte> data) {
  std::array<std::byte, N> out{};
  std::ranges::copy(data, out.begin());
  return out;
}

/// Both sides, and what a man in the middle may do.
struct Conversation {
  std::shared_ptr<const Keys> caller_keys = keys_of(1);
  std::shared_ptr<const Keys> answerer_keys = keys_of(1);
  Greeting greeting{Purpose::tcp, {}, 3, 5};

  /// Spoils one byte of a frame: 0 hello, 1 challenge, 2 proof, 3 welcome.
  int spoiled_frame = -1;
  std::size_t spoiled_byte = 0;

  template <std::size_t N>
  std::array<std::byte, N> carry(int frame, std::span<const std::byte> data) const {
    auto carried = copy<N>(data);
    if (frame == spoiled_frame) carried[spoiled_byte] ^= std::byte{1};
    return carried;
  }

  /// Who was satisfied: "", "caller", "answerer", "both".
  std::string run() {
    greeting.communicator = caller_keys->communicator();
    auto caller = *Caller::greet(caller_keys, greeting);
    Answerer answerer;
    const auto heard = answerer.take_hello(carry<hello_bytes>(0, caller.hello()));
    if (!heard || !answerer.answer(answerer_keys)) return "";
    if (!caller.take_challenge(carry<challenge_bytes>(1, answerer.challenge()))) return "";
    if (!answerer.take_proof(carry<proof_bytes>(2, caller.proof()))) return "";
    return caller.take_welcome(carry<welcome_bytes>(3, answerer.welcome())) ? "both" : "answerer";
  }
};

TEST(Handshake, SatisfiesBothWhoKnowTheSecret) {
  Conversation conversation;
  EXPECT_EQ(conversation.run(), "both");
  Answerer answerer;
  const auto caller = *Caller::greet(keys_of(1), {Purpose::shared_memory, keys_of(1)->communicator(), 3, 5});
  const auto heard = answerer.take_hello(copy<hello_bytes>(caller.hello()));
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->purpose, Purpose::shared_memory);
  EXPECT_EQ(heard->from, 3);
  EXPECT_EQ(heard->to, 5);
}

TEST(Handshake, RefusesAnotherSecretOnEitherSide) {
  Conversation conversation;
  conversation.answerer_keys = keys_of(2);
  EXPECT_EQ(conversation.run(), "");
  conversation = {};
  conversation.caller_keys = keys_of(2);
  EXPECT_EQ(conversation.run(), "");
}

TEST(Handshake, EveryBitThatIsChangedOnTheWayIsNoticed) {
  const std::size_t sizes[] = {hello_bytes, challenge_bytes, proof_bytes, welcome_bytes};
  for (int frame = 0; frame < 4; ++frame) {
    for (std::size_t k = 0; k < sizes[frame]; ++k) {
      Conversation conversation;
      conversation.spoiled_frame = frame;
      conversation.spoiled_byte = k;
      EXPECT_EQ(conversation.run(), frame == 3 ? "answerer" : "") << "frame " << frame << ", byte " << k;
    }
  }
}

TEST(Handshake, AProofIsWorthNothingASecondTime) {
  const auto keys = keys_of(1);
  auto caller = *Caller::greet(keys, {Purpose::tcp, keys->communicator(), 3, 5});
  Answerer first, second;
  ASSERT_TRUE(first.take_hello(copy<hello_bytes>(caller.hello())));
  ASSERT_TRUE(first.answer(keys));
  ASSERT_TRUE(caller.take_challenge(copy<challenge_bytes>(first.challenge())));
  const auto proof = copy<proof_bytes>(caller.proof());
  EXPECT_TRUE(first.take_proof(proof));
  ASSERT_TRUE(second.take_hello(copy<hello_bytes>(caller.hello())));
  ASSERT_TRUE(second.answer(keys));
  EXPECT_FALSE(second.take_proof(proof));
}

TEST(Handshake, ASideCannotBeMadeToAnswerItself) {
  const auto keys = keys_of(1);
  auto caller = *Caller::greet(keys, {Purpose::tcp, keys->communicator(), 3, 5});
  std::array<std::byte, challenge_bytes> mirrored{};
  mirrored[0] = static_cast<std::byte>(Answer::challenge);
  std::ranges::copy(caller.hello().last(sizeof(Nonce) + sizeof(Mac) - 32), mirrored.begin() + 1);
  EXPECT_FALSE(caller.take_challenge(mirrored));
}

TEST(Handshake, PurposesAndDirectionsHaveKeysOfTheirOwn) {
  const auto keys = keys_of(1);
  std::vector<Mac> all;
  for (int purpose = 0; purpose < static_cast<int>(purposes); ++purpose) {
    all.push_back(keys->caller(static_cast<Purpose>(purpose)));
    all.push_back(keys->answerer(static_cast<Purpose>(purpose)));
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST(Handshake, LooksAtTheVersionFirst) {
  const auto keys = keys_of(1);
  const auto caller = *Caller::greet(keys, {Purpose::tcp, keys->communicator(), 3, 5});
  auto hello = copy<hello_bytes>(caller.hello());
  std::ranges::fill(hello.begin() + 4, hello.end(), std::byte{0xff});  // all after the magic bytes
  const auto heard = Answerer().take_hello(hello);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, Code::invalid_usage);  // which reception answers with "incompatible version"
}

TEST(Handshake, RefusesOlderAndNewerVersions) {
  const auto keys = keys_of(1);
  const auto caller = *Caller::greet(keys, {Purpose::tcp, keys->communicator(), 3, 5});
  constexpr std::size_t version = 4;  // its lower byte, behind the magic ones
  for (const int by : {-1, 1}) {
    auto hello = copy<hello_bytes>(caller.hello());
    hello[version] = static_cast<std::byte>(static_cast<int>(hello[version]) + by);
    const auto heard = Answerer().take_hello(hello);
    ASSERT_FALSE(heard) << by;
    EXPECT_EQ(heard.error().code, Code::invalid_usage) << by;
  }
}

TEST(Handshake, RefusalsSayWhy) {
  auto caller = *Caller::greet(keys_of(1), {Purpose::tcp, {}, 3, 5});
  const auto unknown = caller.take_challenge(Answerer::refusal(Answer::unknown_communicator));
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("does not know this communicator"), std::string::npos);
  const auto other_version = caller.take_challenge(Answerer::refusal(Answer::incompatible_version));
  ASSERT_FALSE(other_version);
  EXPECT_NE(other_version.error().message.find("install one release"), std::string::npos);
}

}  // namespace
}  // namespace treering
