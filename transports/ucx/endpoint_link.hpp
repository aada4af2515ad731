// A connection to one peer by an endpoint of UCX: frames in packets, ring bytes as messages of their own, both active
// messages. Large ones UCX fetches out of the sender's memory, if its transports can.
#pragma once

#include <ucp/api/ucp.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "transports/framed/polled_transport.hpp"
#include "transports/transport.hpp"
#include "transports/ucx/worker.hpp"

namespace treering::ucx {

/// UCX keeps no order among active messages: each has a number, and is taken in when those before it have been.
class EndpointLink final : public framed::PolledLink {
 public:
  /// `sink` outlives the link. `number`: by which the peer's messages find it.
  EndpointLink(Rank peer, framed::LinkSink& sink, std::uint32_t number, Descriptor socket,
               std::shared_ptr<Worker> worker);
  ~EndpointLink() override;

  int descriptor() const override { return socket_.get(); }
  bool receive() override;
  bool is_coming_up() const override { return !endpoint_ && !at_end_ && !failure(); }
  bool is_at_end() const override { return at_end_; }
  void settle_end() override;

  bool has_room() const override { return endpoint_ && !broken_ && under_way_ < most_under_way; }
  void add(const framed::Frame& frame, std::span<const std::byte> payload = {}) override;
  void add_ring(const framed::RingPart& part) override;
  bool flush() override;
  bool is_full() const override { return false; }
  bool is_done_with_memory() const override { return packet_.empty() && under_way_ == 0; }
  void withdraw() override;
  void close() override;
  bool has_left() const override {
    return !ending_ || peer_left() || ucp_request_check_status(ending_) != UCS_INPROGRESS;
  }
  bool has_withdrawn() const override { return under_way_ == 0; }

  /// See Receiver::take().
  bool take(const Receiver::Arrival& arrival);

 private:
  /// A message that has come and whose turn has not.
  struct Message {
    bool is_ring;
    bool must_be_fetched;
    std::byte* data;  // the worker's, or of the copy
    std::size_t bytes;
    bool is_kept = false;  // to be given back to the worker
    std::vector<std::byte> copied = {};
  };

  /// What UCX has under way of this link's; it lives until UCX is done, which may be after the link.
  struct Request {
    EndpointLink* link;
    Head head;
    std::vector<std::byte> owned;
  };

  void take_card();
  Request& new_request();
  void send(unsigned id, std::span<const std::byte> data, std::vector<std::byte> owned);
  static void sent(void* handle, ucs_status_t status, void* request);
  void is_sent(ucs_status_t status, Request& request);
  static void fetched(void* handle, ucs_status_t status, std::size_t bytes, void* request);
  void is_fetched(ucs_status_t status, Request& request);
  static void broke(void* link, ucp_ep_h endpoint, ucs_status_t status);
  void fail_by(ucs_status_t status);
  bool keep(const Receiver::Arrival& arrival);
  void use(Message& message);
  void take_those_in_order();
  Result<void> take_packet(const std::byte* first, const std::byte* end);
  Result<const std::byte*> take_frame(const std::byte* first, const std::byte* end);
  Result<void> take_ring(Message& message);
  void fetch(Message& message, std::byte* to);
  void let_go(Message& message);
  void end(unsigned flags);

  static constexpr std::size_t usual_packet_bytes = 8 << 10;
  static constexpr std::uint32_t most_under_way = 64;

  framed::LinkSink& sink_;
  std::uint32_t number_;
  Descriptor socket_;
  std::shared_ptr<Worker> worker_;
  std::vector<std::byte> card_;  // of the peer, as far as it has come
  ucp_ep_h endpoint_ = nullptr;
  void* ending_ = nullptr;  // the request by which it closes
  std::set<Request*> requests_;
  std::uint32_t number_there_ = 0;  // of the link at the peer
  std::vector<std::byte> packet_;   // that is being filled
  std::uint32_t sent_ = 0;          // messages
  std::uint32_t under_way_ = 0;     // of these
  std::uint32_t next_ = 0;          // whose turn it is, of those that come
  std::map<std::uint32_t, Message> waiting_;
  std::optional<framed::Frame> expected_ring_;  // its frame has been taken, the bytes are next
  bool is_fetching_ = false;
  bool at_end_ = false;
  bool broken_ = false;
};

}  // namespace treering::ucx
