#include "transports/framed/outgoing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace treering::framed {
namespace {

/// Of one lane, between two looks at the others.
constexpr std::uint64_t most_bytes_a_turn = 256 * 1024;

/// Up to where the ring must have been sent before a line is. The line may be an announcement, and the receiver takes
/// its word that `ready` bytes are there; or it may hold a small message, whose bytes mean nothing here. Both are
/// served: what reads like a position that has been published and not been sent is taken for one, and where it is none,
/// any order is right. `sent` and `published`: bytes of the ring.
std::uint64_t ring_before(const Line& line, std::uint64_t sent, std::uint64_t published) {
  Announcement announcement;
  std::memcpy(&announcement, line.data, sizeof announcement);
  return announcement.ready > sent && announcement.ready <= published ? announcement.ready : sent;
}

}  // namespace

Result<SendEnd*> Outgoing::open(LaneIndex lane, std::uint64_t ring_bytes) {
  const auto found = wires_.find(lane);
  if (found != wires_.end()) return &found->second.end;
  auto memory = map_private(wire_bytes(ring_bytes));
  if (!memory) return std::move(memory).error();
  const Wire placed = wire_in(*memory, ring_bytes);
  if (registrar_)
    if (auto admitted = registrar_->admit({placed.ring, ring_bytes}, Registrar::Use::source); !admitted)
      return std::move(admitted).error();
  SendWire& wire = wires_[lane];
  wire.memory = *std::move(memory);
  wire.end.wire = placed;
  wire.end.lender = this;
  wire.end.elsewhere = &wire.elsewhere;
  return &wire.end;
}

bool Outgoing::SendWire::has_line() const {
  return static_cast<std::uint32_t>(line().turn.load(std::memory_order_acquire)) == turn_of(lines);
}

bool Outgoing::SendWire::is_behind() const {
  return has_line() || control().published.ring.load(std::memory_order_acquire) != ring || !announced;
}

/// Beyond half a window the receiver gives credit unasked. Short of it only large elements starve: one needs as much
/// again at the end of the ring, where it does not fit and is skipped.
bool Outgoing::SendWire::must_ask() const {
  return end.is_starved() && !asked && ring - ring_got < end.wire.ring_bytes / 2;
}

bool Outgoing::drained() const {
  if (link_ && !link_->is_done_with_memory()) return false;
  for (const auto& [lane, wire] : wires_)
    if (wire.is_behind()) return false;
  return true;
}

bool Outgoing::push(Incoming* companion) {
  if (!link_) return false;
  if (link_->peer_left() || link_->ended()) {
    if (!wires_.empty() && !drained())
      link_->fail({Code::remote_error,
                   fmt::format("rank {} has left while data for it was waiting (it closed its communicator) let "
                               "all ranks finish all operations before any is destroyed",
                               link_->peer())});
    return false;
  }
  bool moved = link_->flush();
  while (may_send() && has_news()) {
    if (companion) companion->add_credits_to_data();
    const bool added = gather();
    moved |= link_->flush();
    if (!added) break;
  }
  return moved;
}

bool Outgoing::has_news() const {
  return std::ranges::any_of(wires_, [](const auto& wire) { return wire.second.has_news(); });
}

/// Adds frames of every lane that has any, beginning with another lane each time. True if any were added.
bool Outgoing::gather() {
  bool added = false;
  auto at = wires_.lower_bound(next_lane_);
  for (std::size_t i = 0; i < wires_.size() && link_->has_room(); ++i, ++at) {
    if (at == wires_.end()) at = wires_.begin();
    if (!at->second.has_news()) continue;
    added |= gather(at->first, at->second);
    next_lane_ = static_cast<LaneIndex>(at->first + 1);
  }
  return added;
}

/// What one lane has to say. True if anything was added.
bool Outgoing::gather(LaneIndex lane, SendWire& wire) {
  bool added = false;
  if (!wire.announced) {
    link_->add({FrameKind::opened, lane, static_cast<std::uint32_t>(wire.end.wire.ring_bytes)});
    wire.announced = added = true;
  }
  added |= gather_data(lane, wire);
  if (wire.must_ask() && link_->has_room()) {
    link_->add({FrameKind::starved, lane});
    wire.asked = added = true;
  }
  return added;
}

bool Outgoing::gather_data(LaneIndex lane, SendWire& wire) {
  bool added = false;
  std::uint64_t budget = most_bytes_a_turn;
  while (link_->has_room()) {
    const bool line = wire.has_line();
    const std::uint64_t published = wire.control().published.ring.load(std::memory_order_acquire);
    const std::uint64_t until = line ? ring_before(wire.line(), wire.ring, published) : published;
    if (wire.ring < until) {
      const std::uint64_t to_end = wire.end.wire.ring_bytes - (wire.ring & (wire.end.wire.ring_bytes - 1));
      const std::uint64_t bytes = std::min({until - wire.ring, to_end, budget});
      if (!bytes || !may_write_ring(wire)) break;
      budget -= add_ring(lane, wire, bytes);
    } else if (line) {
      add_line(lane, wire);
    } else {
      break;
    }
    added = true;
  }
  return added;
}

/// Adds at most `bytes` of the ring, as far as they lie side by side. How many.
std::uint64_t Outgoing::add_ring(LaneIndex lane, SendWire& wire, std::uint64_t bytes) {
  const std::uint64_t at = wire.ring & (wire.end.wire.ring_bytes - 1);
  const std::byte* from = wire.elsewhere.find(wire.ring, bytes);
  if (!from) from = wire.end.wire.ring + at;
  link_->add_ring({lane, at, {from, bytes}, wire.place});
  wire.ring += bytes;
  wire.elsewhere.taken(wire.ring);
  return bytes;
}

/// Adds the line, after the record of its operation where that is a new one.
void Outgoing::add_line(LaneIndex lane, SendWire& wire) {
  if (wire.control().record.digest.load(std::memory_order_acquire) != wire.recorded) {
    add_record(lane, wire);
    if (!link_->has_room()) return;
  }
  const Line& line = wire.line();
  const auto digest = static_cast<std::uint32_t>(line.turn.load(std::memory_order_relaxed) >> 32);
  link_->add({FrameKind::line, lane, digest}, line.data);
  ++wire.lines;
}

void Outgoing::add_record(LaneIndex lane, SendWire& wire) {
  const OperationRecord& record = wire.control().record;
  wire.recorded = record.digest.load(std::memory_order_acquire);
  std::byte payload[most_small_payload_bytes];
  store_little_endian(wire.recorded, payload);
  std::size_t bytes = 0;
  for (; bytes < most_text_bytes; ++bytes) {
    const char letter = record.text[bytes].load(std::memory_order_relaxed);
    if (letter == '\0') break;
    payload[digest_bytes + bytes] = static_cast<std::byte>(letter);
  }
  link_->add({FrameKind::record, lane, static_cast<std::uint32_t>(bytes)}, {payload, digest_bytes + bytes});
}

/// Whatever lies still until drained() can be sent from where it is, if the links can read it.
std::optional<Loan> Outgoing::lend(const std::byte* first, std::uint64_t bytes) {
  if (registrar_ && !registrar_->can_read(first, bytes)) return std::nullopt;
  return Loan{Announcement::in_ring, reinterpret_cast<std::uintptr_t>(first)};
}

Result<void> Outgoing::take(const Frame& frame, const std::byte* payload) {
  const auto found = wires_.find(frame.lane);
  if (found == wires_.end())
    return Error{Code::remote_error, fmt::format("a credit for lane {}, which is not open", frame.lane)};
  SendWire& wire = found->second;
  switch (frame.kind) {
    case FrameKind::line_credit:
      if (frame.value > wire.lines - wire.lines_got) break;
      wire.lines_got += frame.value;
      wire.control().consumed.lines.store(wire.lines_got, std::memory_order_release);
      return {};
    case FrameKind::ring_credit:
      // At the end of a message the receiver skips to the next cache line, as the sender will.
      if (frame.value > align_up(wire.ring) - wire.ring_got) break;
      wire.ring_got += frame.value;
      wire.asked = false;
      wire.control().consumed.ring.store(wire.ring_got, std::memory_order_release);
      return {};
    case FrameKind::placed:
      if (!link_->writes_in_place() || wire.place.address != 0)
        return Error{Code::remote_error, fmt::format("a place for the ring of lane {}, which has one", frame.lane)};
      wire.place = {decode_address(payload), frame.value};
      return {};
    default: break;
  }
  return Error{Code::remote_error,
               fmt::format("a credit of {} on lane {}, more than was sent", frame.value, frame.lane)};
}

}  // namespace treering::framed
