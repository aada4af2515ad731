#include "transports/ucx/endpoint_link.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace treering::ucx {

using framed::Frame;
using framed::FrameKind;

namespace {

// What each side says first over the socket: a version, the number of its link, the bytes of its worker's address, four
// bytes each; then the address.
constexpr std::uint32_t version = 1;
constexpr std::size_t card_head_bytes = 12;
constexpr std::uint32_t most_address_bytes = 1 << 16;

/// Ring bytes up to here go in the packet, behind their frame.
constexpr std::size_t most_bytes_copied = 4 << 10;

std::vector<std::byte> card(std::uint32_t number, const std::vector<std::byte>& address) {
  std::vector<std::byte> bytes(card_head_bytes);
  framed::store_little_endian(version, bytes.data());
  framed::store_little_endian(number, bytes.data() + 4);
  framed::store_little_endian(static_cast<std::uint32_t>(address.size()), bytes.data() + 8);
  bytes.insert(bytes.end(), address.begin(), address.end());
  return bytes;
}

}  // namespace

EndpointLink::EndpointLink(Rank peer, framed::LinkSink& sink, std::uint32_t number, Descriptor socket,
                           std::shared_ptr<Worker> worker)
    : PolledLink(peer), sink_(sink), number_(number), socket_(std::move(socket)), worker_(std::move(worker)) {
  // A new socket has room for it. Where it takes nothing, its other end has gone, and reading says so.
  const std::vector<std::byte> said = card(number_, worker_->address());
  const ssize_t sent = ::send(socket_.get(), said.data(), said.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0 && static_cast<std::size_t>(sent) < said.size())
    fail({Code::system_error, fmt::format("cannot tell rank {} where UCX is reached ({} of {} bytes went into a new "
                                          "connection) raise net.ipv4.tcp_wmem",
                                          peer, sent, said.size())});
}

EndpointLink::~EndpointLink() {
  end(UCP_EP_CLOSE_FLAG_FORCE);
  for (int i = 0; i < 1000 && !has_left(); ++i) worker_->poll();
  if (ending_) ucp_request_free(ending_);
  for (auto& [order, message] : waiting_) let_go(message);
  for (Request* request : requests_) request->link = nullptr;
}

bool EndpointLink::receive() {
  bool moved = false;
  while (!at_end_ && !failure()) {
    std::array<std::byte, 4096> part;
    const ssize_t got = ::recv(socket_.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    moved = true;
    at_end_ = got <= 0;
    if (at_end_) break;
    card_.insert(card_.end(), part.begin(), part.begin() + got);
    take_card();
  }
  return moved;
}

void EndpointLink::take_card() {
  if (card_.size() < card_head_bytes) return;
  const std::uint32_t bytes = framed::load_little_endian(card_.data() + 8);
  const bool is_right = framed::load_little_endian(card_.data()) == version && bytes <= most_address_bytes &&
                        card_.size() <= card_head_bytes + bytes && !endpoint_;
  if (!is_right) return fail_frame({Code::remote_error, "what it says of its worker makes no sense"}, "UCX");
  if (card_.size() < card_head_bytes + bytes) return;
  number_there_ = framed::load_little_endian(card_.data() + 4);
  ucp_ep_params_t parameters{};
  parameters.field_mask =
      UCP_EP_PARAM_FIELD_REMOTE_ADDRESS | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE | UCP_EP_PARAM_FIELD_ERR_HANDLER;
  parameters.address = reinterpret_cast<const ucp_address_t*>(card_.data() + card_head_bytes);
  parameters.err_mode = UCP_ERR_HANDLING_MODE_PEER;
  parameters.err_handler = {&EndpointLink::broke, this};
  const ucs_status_t status = ucp_ep_create(worker_->get(), &parameters, &endpoint_);
  if (status == UCS_OK) return;
  endpoint_ = nullptr;
  fail({Code::system_error,
        fmt::format("UCX cannot reach rank {} ({}) see UCX_TLS and UCX_NET_DEVICES, and what UCX says "
                    "with UCX_LOG_LEVEL=info",
                    peer(), ucs_status_string(status))});
}

/// A peer that leaves before anything could flow needs no goodbye: nothing is lost.
void EndpointLink::settle_end() {
  set_ended();
  if (peer_left() || (next_ == 0 && sent_ == 0)) return;
  fail(
      {Code::remote_error, fmt::format("lost the UCX connection to rank {} (it ended without a goodbye) its process or "
                                       "host has probably died: see what rank {} said last",
                                       peer(), peer())});
}

void EndpointLink::add(const Frame& frame, std::span<const std::byte> payload) {
  if (packet_.capacity() == 0) packet_.reserve(usual_packet_bytes);
  const framed::Header header = encode(frame);
  packet_.insert(packet_.end(), header.begin(), header.end());
  packet_.insert(packet_.end(), payload.begin(), payload.end());
  if (packet_.size() + framed::header_bytes + framed::most_small_payload_bytes > usual_packet_bytes) flush();
}

/// Bytes that are not copied come as the message after the packet that ends with their frame.
void EndpointLink::add_ring(const framed::RingPart& part) {
  const Frame frame{FrameKind::ring, part.lane, static_cast<std::uint32_t>(part.bytes.size())};
  if (part.bytes.size() <= most_bytes_copied) return add(frame, part.bytes);
  add(frame);
  flush();
  send(ring_id, part.bytes, {});
}

bool EndpointLink::flush() {
  if (packet_.empty() || !endpoint_ || broken_) return false;
  std::vector<std::byte> packet = std::exchange(packet_, {});
  const std::span<const std::byte> data = packet;  // moving a vector leaves its elements where they are
  send(packet_id, data, std::move(packet));
  return true;
}

EndpointLink::Request& EndpointLink::new_request() {
  auto* const request = new Request{this, {}, {}};
  requests_.insert(request);
  return *request;
}

void EndpointLink::send(unsigned id, std::span<const std::byte> data, std::vector<std::byte> owned) {
  Request& request = new_request();
  request.head = {number_there_, sent_++};
  request.owned = std::move(owned);
  ucp_request_param_t parameters{};
  parameters.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA;
  parameters.cb.send = &EndpointLink::sent;
  parameters.user_data = &request;
  ++under_way_;
  void* const handle =
      ucp_am_send_nbx(endpoint_, id, &request.head, sizeof request.head, data.data(), data.size(), &parameters);
  if (!UCS_PTR_IS_PTR(handle)) is_sent(UCS_PTR_STATUS(handle), request);
}

void EndpointLink::sent(void* handle, ucs_status_t status, void* user) {
  auto* const request = static_cast<Request*>(user);
  ucp_request_free(handle);
  if (request->link) return request->link->is_sent(status, *request);
  delete request;
}

void EndpointLink::is_sent(ucs_status_t status, Request& request) {
  --under_way_;
  requests_.erase(&request);
  delete &request;
  if (status != UCS_OK) fail_by(status);
}

bool EndpointLink::take(const Receiver::Arrival& arrival) {
  if (failure()) return false;
  if (arrival.order != next_ || is_fetching_) return keep(arrival);
  // In its turn it is used where it lies: within this call UCX can take nothing back.
  Message message{arrival.is_ring, arrival.must_be_fetched, arrival.data, arrival.bytes};
  use(message);
  take_those_in_order();
  return arrival.must_be_fetched && message.data == nullptr;
}

bool EndpointLink::keep(const Receiver::Arrival& arrival) {
  constexpr std::uint32_t far_ahead = 1 << 16;
  Message message{arrival.is_ring, arrival.must_be_fetched, arrival.data, arrival.bytes};
  message.is_kept = arrival.must_be_fetched || arrival.can_be_kept;
  if (arrival.order - next_ >= far_ahead || waiting_.contains(arrival.order)) {
    fail_frame({Code::remote_error, "a message whose number makes no sense"}, "UCX");
    return false;
  }
  if (!message.is_kept) {
    message.copied.assign(arrival.data, arrival.data + arrival.bytes);
    message.data = message.copied.data();
  }
  const bool is_kept = message.is_kept;
  waiting_.emplace(arrival.order, std::move(message));
  return is_kept;
}

/// A message whose turn it is.
void EndpointLink::use(Message& message) {
  ++next_;
  Result<void> taken;
  if (message.is_ring)
    taken = take_ring(message);
  else if (message.must_be_fetched || expected_ring_)
    taken = Error{Code::remote_error, "a packet out of turn"};
  else
    taken = take_packet(message.data, message.data + message.bytes);
  if (!taken) fail_frame(taken.error(), "UCX");
}

void EndpointLink::take_those_in_order() {
  while (!is_fetching_ && !failure()) {
    const auto found = waiting_.find(next_);
    if (found == waiting_.end()) return;
    Message message = std::move(found->second);
    waiting_.erase(found);
    use(message);
    let_go(message);
  }
}

Result<void> EndpointLink::take_packet(const std::byte* first, const std::byte* end) {
  while (first < end) {
    if (expected_ring_) return Error{Code::remote_error, "a frame in place of ring bytes"};
    auto next = take_frame(first, end);
    if (!next) return std::move(next).error();
    first = *next;
  }
  return {};
}

/// Where the next one begins.
Result<const std::byte*> EndpointLink::take_frame(const std::byte* first, const std::byte* end) {
  const Error cut{Code::remote_error, "a packet that ends within a frame"};
  const auto left = [&] { return static_cast<std::size_t>(end - first); };
  if (left() < framed::header_bytes) return cut;
  auto frame = framed::decode(first);
  if (!frame) return std::move(frame).error();
  first += framed::header_bytes;
  if (frame->kind != FrameKind::ring) {
    const std::size_t payload = small_payload_bytes(*frame);
    if (left() < payload) return cut;
    if (auto taken = Link::take(sink_, *frame, first); !taken) return std::move(taken).error();
    return first + payload;
  }
  if (left() == 0) {
    expected_ring_ = *frame;
    return first;
  }
  if (left() < frame->value) return cut;
  auto place = sink_.land(*this, *frame);
  if (!place) return std::move(place).error();
  std::memcpy(*place, first, frame->value);
  sink_.landed(frame->lane, frame->value);
  return first + frame->value;
}

Result<void> EndpointLink::take_ring(Message& message) {
  if (!expected_ring_ || expected_ring_->value != message.bytes)
    return Error{Code::remote_error, "ring bytes without their frame"};
  auto place = sink_.land(*this, *expected_ring_);
  if (!place) return std::move(place).error();
  if (message.must_be_fetched) {
    fetch(message, *place);
    return {};
  }
  std::memcpy(*place, message.data, message.bytes);
  sink_.landed(expected_ring_->lane, message.bytes);
  expected_ring_.reset();
  return {};
}

/// UCX takes the message over.
void EndpointLink::fetch(Message& message, std::byte* to) {
  Request& request = new_request();
  ucp_request_param_t parameters{};
  parameters.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA;
  parameters.cb.recv_am = &EndpointLink::fetched;
  parameters.user_data = &request;
  is_fetching_ = true;
  std::byte* const from = std::exchange(message.data, nullptr);
  void* const handle = ucp_am_recv_data_nbx(worker_->get(), from, to, message.bytes, &parameters);
  if (!UCS_PTR_IS_PTR(handle)) is_fetched(UCS_PTR_STATUS(handle), request);
}

void EndpointLink::fetched(void* handle, ucs_status_t status, std::size_t, void* user) {
  auto* const request = static_cast<Request*>(user);
  ucp_request_free(handle);
  if (!request->link) {
    delete request;
    return;
  }
  EndpointLink& link = *request->link;
  link.is_fetched(status, *request);
  link.take_those_in_order();
}

void EndpointLink::is_fetched(ucs_status_t status, Request& request) {
  is_fetching_ = false;
  requests_.erase(&request);
  delete &request;
  if (status != UCS_OK) return fail_by(status);
  sink_.landed(expected_ring_->lane, expected_ring_->value);
  expected_ring_.reset();
}

void EndpointLink::let_go(Message& message) {
  if (message.is_kept && message.data) worker_->release(message.data);
}

void EndpointLink::broke(void* link, ucp_ep_h, ucs_status_t status) {
  static_cast<EndpointLink*>(link)->fail_by(status);
}

void EndpointLink::fail_by(ucs_status_t status) {
  if (std::exchange(broken_, true) || peer_left() || ending_) return;
  receive();  // the peer's process may have died: its socket says so at once
  if (at_end_) return;
  fail({Code::remote_error,
        fmt::format("lost the UCX connection to rank {} ({}) look at the network between the two and "
                    "at its host, and at what UCX says with UCX_LOG_LEVEL=info",
                    peer(), ucs_status_string(status))});
}

void EndpointLink::withdraw() {
  packet_.clear();
  if (under_way_ > 0) end(UCP_EP_CLOSE_FLAG_FORCE);
}

void EndpointLink::close() {
  if (endpoint_ && !broken_ && !failure() && !peer_left()) {
    add({FrameKind::goodbye});
    flush();
    return end(0);
  }
  end(UCP_EP_CLOSE_FLAG_FORCE);
}

/// Closes the endpoint: what is under way arrives, or, by force, is dropped.
void EndpointLink::end(unsigned flags) {
  if (!endpoint_) return;
  ucp_request_param_t parameters{};
  parameters.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS;
  parameters.flags = flags;
  void* const handle = ucp_ep_close_nbx(std::exchange(endpoint_, nullptr), &parameters);
  if (UCS_PTR_IS_PTR(handle)) ending_ = handle;
}

}  // namespace treering::ucx
