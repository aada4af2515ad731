// What is on its way out of a queue pair: requests, numbered from 1, and how far they have completed.
#pragma once

#include <infiniband/verbs.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "transports/framed/frame.hpp"

namespace treering::verbs {

/// Requests are gathered and posted together, which costs one call into the device. They complete in order, and a
/// completion stands for those before it: most requests ask for none.
class SendQueue {
 public:
  static constexpr std::uint32_t most_requests = 256;

  /// `tag`: the upper half of the id of completions.
  SendQueue(ibv_qp* pair, std::uint32_t most_inline, std::uint32_t tag)
      : pair_(pair), most_inline_(most_inline), tag_(tag) {}

  /// Requests that can be added: under way at once are at most most_requests.
  std::uint32_t room() const { return most_requests - static_cast<std::uint32_t>(added_ - completed_); }

  /// Writes bytes to where the peer has said. `is_users`: they lie in memory that is the user's again afterwards.
  void add_write(std::span<const std::byte> bytes, std::uint32_t key, const framed::RingPlace& to, bool is_users);
  /// Sends bytes to whatever the peer has posted to receive.
  void add_send(std::span<const std::byte> bytes, std::uint32_t key);
  /// The last request that is posted next will complete, so that it is known when all are through.
  void ask_for_completion() { asks_ = true; }
  /// Posts what has been added. An errno, or 0.
  int post();
  bool has_added() const { return gathered_ > 0; }

  /// A completion of this queue says so: of a request's number, the lower half.
  void complete(std::uint32_t until) { completed_ += until - static_cast<std::uint32_t>(completed_); }
  bool is_through() const { return completed_ == added_; }
  bool is_through_users_memory() const { return completed_ >= users_until_; }

 private:
  ibv_send_wr& add(std::span<const std::byte> bytes, std::uint32_t key);

  static constexpr std::size_t most_gathered = 16;
  static constexpr std::uint32_t between_completions = most_requests / 8;

  ibv_qp* pair_;
  std::uint32_t most_inline_;
  std::uint32_t tag_;
  std::array<ibv_send_wr, most_gathered> requests_;
  std::array<ibv_sge, most_gathered> parts_;
  std::size_t gathered_ = 0;
  int error_ = 0;                  // of a post() that had to be done in between
  std::uint64_t added_ = 0;        // number of the last request
  std::uint64_t completed_ = 0;    // all up to here
  std::uint64_t asked_until_ = 0;  // the last that will complete
  std::uint64_t users_until_ = 0;  // the last that reads the user's memory
  bool asks_ = false;
};

}  // namespace treering::verbs
