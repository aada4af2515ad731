#include "startup/handshake.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "startup/encoding.hpp"
#include "startup/openssl.hpp"

namespace treering {
namespace {

constexpr std::array<std::byte, 4> magic = {std::byte{'T'}, std::byte{'R'}, std::byte{'N'}, std::byte{'G'}};
// Raised with every change of what travels, here or after: a job of two releases ends with "install one release".
constexpr std::uint16_t protocol_version = 6;

Error crypto_error(const char* what) {
  return {Code::system_error, std::string(what) +
                                  " failed in OpenSSL (is SHA-256 allowed by its configuration?) check "
                                  "openssl.cnf and OPENSSL_CONF"};
}

/// HKDF-SHA-256 of the secret, for one use.
bool derive_key(const Secret& secret, std::string_view use, std::span<std::byte> out) {
  const std::unique_ptr<EVP_KDF, void (*)(EVP_KDF*)> algorithm(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  if (!algorithm) return false;
  const std::unique_ptr<EVP_KDF_CTX, void (*)(EVP_KDF_CTX*)> derivation(EVP_KDF_CTX_new(algorithm.get()),
                                                                        EVP_KDF_CTX_free);
  if (!derivation) return false;
  char hash[] = "SHA256";
  Secret key = secret;
  std::string info = "treering handshake 1 " + std::string(use);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end(),
  };
  const bool done =
      EVP_KDF_derive(derivation.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(), parameters) == 1;
  OPENSSL_cleanse(key.data(), key.size());
  return done;
}

/// In constant time. False also if the MAC could not be computed.
bool is_mac_of(const Mac& key, std::span<const std::byte> data, std::span<const std::byte> claimed) {
  Mac expected{};
  return claimed.size() == sizeof(Mac) && mac_of(key, data, expected) &&
         CRYPTO_memcmp(expected.data(), claimed.data(), sizeof(Mac)) == 0;
}

Error refused(Answer reason) {
  if (reason == Answer::incompatible_version)
    return {
        Code::invalid_usage,
        "the other side speaks another version of the protocol (different releases of Treering) install one release on "
        "all hosts"};
  return {
      Code::remote_error,
      "the other side does not know this communicator (its ranks have met already, or it has ended) make a new unique "
      "id for each communicator"};
}

}  // namespace

bool mac_of(const Mac& key, std::span<const std::byte> data, std::span<std::byte, sizeof(Mac)> out) {
  std::size_t length = 0;
  return EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                   reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                   reinterpret_cast<unsigned char*>(out.data()), out.size(), &length) != nullptr &&
         length == sizeof(Mac);
}

Result<void> fill_random(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return Error{Code::system_error, std::string("no random bytes (getrandom: ") + std::strerror(errno) +
                                           ") check whether a system call filter forbids getrandom"};
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<std::shared_ptr<const Keys>> Keys::derive(const Secret& secret) {
  keep_openssl();
  auto keys = std::make_shared<Keys>();
  bool done = derive_key(secret, "communicator", keys->communicator_);
  for (std::size_t purpose = 0; purpose < purposes; ++purpose) {
    done = done && derive_key(secret, "caller " + std::to_string(purpose), keys->keys_[purpose][0]) &&
           derive_key(secret, "answerer " + std::to_string(purpose), keys->keys_[purpose][1]);
  }
  if (!done) return crypto_error("deriving keys");
  return std::shared_ptr<const Keys>(std::move(keys));
}

Result<Caller> Caller::greet(std::shared_ptr<const Keys> keys, const Greeting& greeting) {
  Caller caller;
  caller.purpose_ = greeting.purpose;
  Nonce nonce{};
  if (auto filled = fill_random(nonce); !filled) return std::move(filled).error();
  Encoder out;
  out.bytes(magic);
  out.number(protocol_version);
  out.number(static_cast<std::uint8_t>(greeting.purpose));
  out.number(std::uint8_t{0});
  out.bytes(keys->communicator());
  out.number(greeting.from);
  out.number(greeting.to);
  out.bytes(nonce);
  std::memcpy(caller.transcript_.data(), out.view().data(), hello_bytes);
  caller.keys_ = std::move(keys);
  return caller;
}

Result<void> Caller::take_challenge(std::span<const std::byte, challenge_bytes> challenge) {
  const auto reason = static_cast<Answer>(challenge[0]);
  if (reason == Answer::unknown_communicator || reason == Answer::incompatible_version) return refused(reason);
  std::memcpy(transcript_.data() + hello_bytes, challenge.data(), challenge_bytes);
  const auto signed_part = std::span(transcript_).first(hello_bytes + 1 + sizeof(Nonce));
  if (reason != Answer::challenge || !is_mac_of(keys_->answerer(purpose_), signed_part, challenge.last(sizeof(Mac))))
    return Error{
        Code::remote_error,
        "the other side could not prove that it knows the secret (it belongs to another job, or is no Treering "
        "process) pass the same unique id to all ranks"};
  const auto so_far = std::span(transcript_).first(hello_bytes + challenge_bytes);
  if (!mac_of(keys_->caller(purpose_), so_far, std::span(transcript_).last<sizeof(Mac)>())) return crypto_error("HMAC");
  return {};
}

Result<void> Caller::take_welcome(std::span<const std::byte, welcome_bytes> welcome) const {
  if (is_mac_of(keys_->answerer(purpose_), transcript_, welcome)) return {};
  return Error{Code::remote_error,
               "the other side sent a wrong welcome (the connection was tampered with) check the network"};
}

Result<Greeting> Answerer::take_hello(std::span<const std::byte, hello_bytes> hello) {
  std::memcpy(transcript_.data(), hello.data(), hello_bytes);
  Decoder in(hello);
  if (!std::ranges::equal(in.bytes(magic.size()), magic))
    return Error{Code::remote_error, "no Treering handshake (another program, or a port scan)"};
  if (in.number<std::uint16_t>() != protocol_version)
    return Error{Code::invalid_usage, "another version of the handshake (different releases of Treering)"};
  Greeting greeting;
  const auto purpose = in.number<std::uint8_t>();
  const auto reserved = in.number<std::uint8_t>();
  if (purpose >= purposes || reserved != 0) return Error{Code::remote_error, "a malformed handshake"};
  greeting.purpose = purpose_ = static_cast<Purpose>(purpose);
  in.bytes_into(greeting.communicator);
  greeting.from = in.number<Rank>();
  greeting.to = in.number<Rank>();
  return greeting;
}

Result<void> Answerer::answer(std::shared_ptr<const Keys> keys) {
  keys_ = std::move(keys);
  auto out = std::span(transcript_).subspan<hello_bytes, challenge_bytes>();
  out[0] = static_cast<std::byte>(Answer::challenge);
  if (auto filled = fill_random(out.subspan<1, sizeof(Nonce)>()); !filled) return filled;
  const auto signed_part = std::span(transcript_).first(hello_bytes + 1 + sizeof(Nonce));
  if (!mac_of(keys_->answerer(purpose_), signed_part, out.last<sizeof(Mac)>())) return crypto_error("HMAC");
  return {};
}

std::array<std::byte, challenge_bytes> Answerer::refusal(Answer reason) {
  std::array<std::byte, challenge_bytes> frame{};
  frame[0] = static_cast<std::byte>(reason);
  return frame;
}

bool Answerer::take_proof(std::span<const std::byte, proof_bytes> proof) {
  const auto so_far = std::span(transcript_).first(hello_bytes + challenge_bytes);
  if (!is_mac_of(keys_->caller(purpose_), so_far, proof)) return false;
  std::memcpy(transcript_.data() + hello_bytes + challenge_bytes, proof.data(), proof_bytes);
  return mac_of(keys_->answerer(purpose_), transcript_, welcome_);
}

}  // namespace treering
