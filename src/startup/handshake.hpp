// The handshake that opens every connection: both sides prove that they know the communicator's secret, neither sends
// it.
//
//   caller                                              answerer
//   hello    purpose, communicator, from, to, nonce  ->
//                                                    <- challenge  nonce, MAC over hello and nonce
//   proof    MAC over hello and challenge            ->
//                                                    <- welcome    MAC over all of it
//
// MACs are HMAC-SHA-256; the keys are derived by HKDF-SHA-256 (RFC 5869) from the secret, one for each purpose and
// direction, so that a frame is worth nothing on another connection, for another purpose, or sent back to its author.
// Frames have fixed sizes. Pure functions of bytes: sockets are in dial.hpp and reception.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "startup/unique_id.hpp"
#include "transports/transport.hpp"
#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering {

/// Names a communicator without giving its secret away: a hash of it.
using Digest = std::array<std::byte, 16>;
using Mac = std::array<std::byte, 32>;
using Nonce = std::array<std::byte, 32>;

/// The purpose of a connection to the rendezvous. Not a transport's business.
inline constexpr Purpose meeting{0};
inline constexpr std::size_t purposes = 6;

/// HMAC-SHA-256. False: OpenSSL cannot.
bool mac_of(const Mac& key, std::span<const std::byte> data, std::span<std::byte, sizeof(Mac)> out);

/// Bytes that nobody can guess.
Result<void> fill_random(std::span<std::byte> out);

/// What is derived from a communicator's secret.
class Keys {
 public:
  static Result<std::shared_ptr<const Keys>> derive(const Secret& secret);

  const Digest& communicator() const { return communicator_; }
  const Mac& caller(Purpose purpose) const { return keys_[static_cast<std::size_t>(purpose)][0]; }
  const Mac& answerer(Purpose purpose) const { return keys_[static_cast<std::size_t>(purpose)][1]; }

 private:
  Digest communicator_{};
  std::array<std::array<Mac, 2>, purposes> keys_{};
};

/// Who calls whom, and for what.
struct Greeting {
  Purpose purpose = meeting;
  Digest communicator{};
  Rank from = nobody;
  Rank to = nobody;
};

inline constexpr std::size_t hello_bytes = 4 + 2 + 1 + 1 + sizeof(Digest) + 4 + 4 + sizeof(Nonce);
inline constexpr std::size_t challenge_bytes = 1 + sizeof(Nonce) + sizeof(Mac);
inline constexpr std::size_t proof_bytes = sizeof(Mac);
inline constexpr std::size_t welcome_bytes = sizeof(Mac);

/// First byte of a challenge. A refusal carries zeros instead of nonce and MAC, and proves nothing.
enum class Answer : std::uint8_t { challenge = 1, unknown_communicator = 2, incompatible_version = 3 };

/// The calling side, one connection.
class Caller {
 public:
  /// hello() may then be sent.
  static Result<Caller> greet(std::shared_ptr<const Keys> keys, const Greeting& greeting);
  std::span<const std::byte> hello() const { return std::span(transcript_).first(hello_bytes); }
  /// Takes the challenge; then proof() may be sent. An error: refused, or not who we were looking for.
  Result<void> take_challenge(std::span<const std::byte, challenge_bytes> challenge);
  std::span<const std::byte> proof() const { return std::span(transcript_).last(proof_bytes); }
  Result<void> take_welcome(std::span<const std::byte, welcome_bytes> welcome) const;

 private:
  std::shared_ptr<const Keys> keys_;
  Purpose purpose_ = meeting;
  std::array<std::byte, hello_bytes + challenge_bytes + proof_bytes> transcript_{};
};

/// The answering side, one connection.
class Answerer {
 public:
  /// What a hello says, or why it is no hello. Nothing is proven yet.
  Result<Greeting> take_hello(std::span<const std::byte, hello_bytes> hello);
  /// For take_hello's communicator; then challenge() may be sent.
  Result<void> answer(std::shared_ptr<const Keys> keys);
  /// Instead: what to send before hanging up.
  static std::array<std::byte, challenge_bytes> refusal(Answer reason);
  std::span<const std::byte> challenge() const { return std::span(transcript_).subspan(hello_bytes, challenge_bytes); }
  /// True: the caller knows the secret, and welcome() may be sent.
  bool take_proof(std::span<const std::byte, proof_bytes> proof);
  std::span<const std::byte> welcome() const { return welcome_; }

 private:
  std::shared_ptr<const Keys> keys_;
  Purpose purpose_ = meeting;
  std::array<std::byte, hello_bytes + challenge_bytes + proof_bytes> transcript_{};
  Mac welcome_{};
};

}  // namespace treering
