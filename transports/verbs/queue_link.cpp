#include "transports/verbs/queue_link.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace treering::verbs {

using framed::Frame;
using framed::FrameKind;

Result<std::unique_ptr<QueueLink>> QueueLink::make(const Terms& terms, Descriptor socket,
                                                   std::shared_ptr<Device> device) {
  std::unique_ptr<QueueLink> link(new QueueLink(terms, std::move(socket), std::move(device)));
  if (auto up = link->set_up(); !up) return std::move(up).error();
  return link;
}

Result<void> QueueLink::set_up() {
  if (auto room = device_->reserve(most_completions()); !room) return std::move(room).error();
  auto buffers = map_private(2 * packets * packet_bytes);
  if (!buffers) return std::move(buffers).error();
  buffers_ = *std::move(buffers);
  auto registered = register_memory(*device_, {buffers_.first(), buffers_.bytes()}, IBV_ACCESS_LOCAL_WRITE);
  if (!registered) return std::move(registered).error();
  registered_ = *std::move(registered);
  auto pair = QueuePair::create(device_, {SendQueue::most_requests, packets});
  if (!pair) return std::move(pair).error();
  pair_ = *std::move(pair);
  sends_ = SendQueue(pair_->get(), pair_->most_inline(), terms_.number);
  for (std::uint32_t slot = 0; slot < packets; ++slot) post_receive(slot);
  if (terms_.speaks_first) say(pair_->card());
  return {};
}

/// A new socket has room for a card. Where it has none, its other end has gone, and reading says so.
void QueueLink::say(const Card& card) {
  const auto bytes = encode(card);
  ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool QueueLink::receive() {
  bool moved = false;
  while (!at_end_ && !failure()) {
    const ssize_t got = ::recv(socket_.get(), &card_[card_got_], card_bytes - card_got_, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    moved = true;
    at_end_ = got <= 0;
    if (at_end_) break;
    card_got_ += static_cast<std::size_t>(got);
    if (card_got_ < card_bytes) continue;
    card_got_ = 0;
    auto card = decode(card_);
    auto taken = card ? take_card(*card) : Result<void>(std::move(card).error());
    if (!taken) fail_frame(taken.error(), "RDMA");
  }
  return moved;
}

Result<void> QueueLink::take_card(const Card& card) {
  if (card.kind == Card::Kind::ready && !terms_.speaks_first && state_ != State::waits_for_card) {
    if (state_ == State::waits_for_ready) state_ = State::up;
  } else if (state_ == State::waits_for_card && card.kind == Card::Kind::card) {
    if (auto connected = pair_->connect(card, terms_.settings); !connected) return std::move(connected).error();
    state_ = terms_.speaks_first ? State::up : State::waits_for_ready;
    say(terms_.speaks_first ? Card{.kind = Card::Kind::ready} : pair_->card());
  } else {
    return Error{Code::remote_error, "a card out of turn"};
  }
  return {};
}

/// A peer that leaves before anything could flow needs no goodbye: nothing is lost.
void QueueLink::settle_end() {
  set_ended();
  if (peer_left() || state_ == State::waits_for_card || state_ == State::waits_for_ready) return;
  fail({Code::remote_error,
        fmt::format("lost the RDMA connection to rank {} ({}: it ended without a goodbye) its process or host has "
                    "probably died: see what rank {} said last",
                    peer(), pair_->path(), peer())});
}

bool QueueLink::has_room() const {
  constexpr std::uint32_t most_requests_a_frame = 3;
  // The packet that is being filled has a buffer of its own only as long as the peer has left one.
  return is_up() && sends_.room() >= most_requests_a_frame && unanswered() < packets &&
         (fits_packet() || can_send_packet());
}

void QueueLink::add(const Frame& frame, std::span<const std::byte> payload) {
  if (!fits_packet()) send_packet();
  const framed::Header header = encode(frame);
  std::memcpy(outgoing() + used_, header.data(), header.size());
  if (!payload.empty()) std::memcpy(outgoing() + used_ + header.size(), payload.data(), payload.size());
  used_ += header.size() + payload.size();
}

/// What is sent after a write arrives after it.
void QueueLink::add_ring(const framed::RingPart& part) {
  const Registrations::Source source = terms_.registrations.source_of(part.bytes.data());
  const framed::RingPlace to{part.place.address + part.offset, part.place.key};
  sends_.add_write(part.bytes, source.key, to, source.is_users);
  add({FrameKind::ring, part.lane, static_cast<std::uint32_t>(part.bytes.size())});
}

void QueueLink::send_packet() {
  framed::store_little_endian(taken_, outgoing());
  told_ = taken_;
  sends_.add_send({outgoing(), used_}, registered_->lkey);
  ++sent_;
  used_ = packet_header_bytes;
}

bool QueueLink::flush() {
  if (!is_up()) return false;
  if (owes_goodbye_ && has_room()) {
    add({FrameKind::goodbye});
    owes_goodbye_ = false;
  }
  if ((is_full() || owes_answer()) && can_send_packet() && sends_.room() > 0) send_packet();
  return post();
}

bool QueueLink::post() {
  if (!sends_.has_added()) return false;
  if (is_closing_) sends_.ask_for_completion();
  if (const int error = sends_.post()) {
    state_ = State::broken;
    fail({Code::system_error,
          fmt::format("cannot send to rank {} ({}: {}) see dmesg", peer(), pair_->path(), std::strerror(error))});
  }
  return true;
}

void QueueLink::post_receive(std::uint32_t slot) {
  ibv_sge part{reinterpret_cast<std::uintptr_t>(incoming(slot)), packet_bytes, registered_->lkey};
  ibv_recv_wr request{};
  request.wr_id = of_receive | std::uint64_t{terms_.number} << 32 | slot;
  request.sg_list = &part;
  request.num_sge = 1;
  ibv_recv_wr* refused = nullptr;
  if (const int error = ibv_post_recv(pair_->get(), &request, &refused); error && !failure())
    fail({Code::system_error,
          fmt::format("cannot receive from rank {} ({}: {}) see dmesg", peer(), pair_->path(), std::strerror(error))});
}

void QueueLink::complete(const ibv_wc& completion) {
  const auto which = static_cast<std::uint32_t>(completion.wr_id);
  const bool is_receive = (completion.wr_id & of_receive) != 0;
  if (!is_receive) sends_.complete(which);
  if (completion.status != IBV_WC_SUCCESS)
    fail_by(completion);
  else if (is_receive)
    take_packet(which, completion.byte_len);
}

void QueueLink::take_packet(std::uint32_t slot, std::size_t bytes) {
  if (failure()) return;
  const std::byte* const packet = incoming(slot);
  const std::uint32_t taken = bytes < packet_header_bytes ? sent_ + 1 : framed::load_little_endian(packet);
  if (taken - taken_by_peer_ > unanswered())
    return fail_frame({Code::remote_error, "a packet that answers more than was sent"}, "RDMA");
  taken_by_peer_ = taken;
  if (state_ == State::waits_for_ready) state_ = State::up;  // the socket may say so later
  if (auto fine = take_frames(packet + packet_header_bytes, packet + bytes); !fine)
    return fail_frame(fine.error(), "RDMA");
  post_receive(slot);
  ++taken_;
  if (owes_answer()) flush();
}

Result<void> QueueLink::take_frames(const std::byte* first, const std::byte* end) {
  while (first < end) {
    auto next = take_frame(first, end);
    if (!next) return std::move(next).error();
    first = *next;
  }
  return {};
}

/// Where the next one begins.
Result<const std::byte*> QueueLink::take_frame(const std::byte* first, const std::byte* end) {
  const Error cut{Code::remote_error, "a packet that ends within a frame"};
  if (end - first < static_cast<std::ptrdiff_t>(framed::header_bytes)) return cut;
  auto frame = framed::decode(first);
  if (!frame) return std::move(frame).error();
  const std::size_t payload = small_payload_bytes(*frame);
  first += framed::header_bytes;
  if (end - first < static_cast<std::ptrdiff_t>(payload)) return cut;
  if (frame->kind == FrameKind::ring) {  // its bytes are there already
    if (auto place = terms_.sink.land(*this, *frame); !place) return std::move(place).error();
    terms_.sink.landed(frame->lane, frame->value);
  } else if (auto taken = take(terms_.sink, *frame, first); !taken) {
    return std::move(taken).error();
  }
  return first + payload;
}

/// Requests of a pair that has broken complete one after another; the first says why.
void QueueLink::fail_by(const ibv_wc& completion) {
  const bool is_first = state_ != State::broken;
  state_ = State::broken;
  if (!is_first || withdrawn_ || peer_left()) return;
  receive();  // the peer's process may have died: its socket says so at once
  if (at_end_) return;
  fail({Code::remote_error, fmt::format("lost the RDMA connection to rank {} ({}: {}) {}", peer(), pair_->path(),
                                        ibv_wc_status_str(completion.status), why_broken(completion))});
}

std::string QueueLink::why_broken(const ibv_wc& completion) const {
  if (!device_->is_active())
    return fmt::format("{} is down: look at its cable and at the switch", device_->port().text());
  if (completion.status == IBV_WC_RETRY_EXC_ERR) {
    const double tries = 1.0 + terms_.settings.retries;
    const double seconds = tries * 4.096e-6 * static_cast<double>(1ULL << terms_.settings.timeout);
    return fmt::format(
        "nothing came back for about {:.3g} s: look at the network between the two and at the host of "
        "rank {}; TREERING_RETRY_COUNT and TREERING_RETRY_TIMEOUT make it wait longer",
        seconds, peer());
  }
  return fmt::format("see what rank {} said last, and dmesg (vendor's code {:#x})", peer(), completion.vendor_err);
}

void QueueLink::withdraw() {
  withdrawn_ = is_full() || sends_.has_added() || !sends_.is_through_users_memory();
  if (withdrawn_) pair_->stop();
}

void QueueLink::close() {
  if (!is_up() || failure() || withdrawn_ || peer_left()) return;
  is_closing_ = owes_goodbye_ = true;
  flush();
}

bool QueueLink::has_left() const {
  return !is_up() || failure() || withdrawn_ || peer_left() || (!owes_goodbye_ && !is_full() && sends_.is_through());
}

}  // namespace treering::verbs
