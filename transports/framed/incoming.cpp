#include "transports/framed/incoming.hpp"

#include <fmt/format.h>

#include <cstring>

namespace treering::framed {
namespace {

Error not_open(const Frame& frame) {
  return {Code::remote_error, fmt::format("data for lane {}, which it has not opened", frame.lane)};
}

}  // namespace

/// The receiving end tells of its lines by the quarter window already.
std::uint64_t Incoming::RecvWire::line_credit() const {
  return control().consumed.lines.load(std::memory_order_acquire) - lines_credited;
}

std::uint64_t Incoming::RecvWire::ring_credit() const {
  return control().consumed.ring.load(std::memory_order_acquire) - ring_credited;
}

bool Incoming::is_due(const RecvWire& wire, Occasion occasion) const {
  const std::uint64_t credit = wire.ring_credit();
  const std::uint64_t enough = occasion == Occasion::with_data ? ring_bytes_ / 16
                               : data_goes_back_               ? ring_bytes_ / 2
                                                               : ring_bytes_ / 4;
  // Signed: credit reaches up to 63 bytes beyond what has been received.
  const auto taken = static_cast<std::int64_t>(wire.ring - wire.ring_credited);
  const bool sender_may_wait = occasion == Occasion::idle && taken >= static_cast<std::int64_t>(ring_bytes_ / 2);
  return credit > 0 && (wire.starved || credit >= enough || sender_may_wait);
}

/// True if credit for ring bytes was among it.
bool Incoming::add_credits(Occasion occasion) {
  bool added = false;
  for (auto& [lane, wire] : wires_) {
    if (!wire.is_open() || !link_->has_room() || link_->peer_left()) continue;
    if (wire.owes_place) [[unlikely]]
      add_place(lane, wire);
    if (!link_->has_room()) continue;
    if (const std::uint64_t lines = wire.line_credit()) {
      link_->add({FrameKind::line_credit, lane, static_cast<std::uint32_t>(lines)});
      wire.lines_credited += lines;
    }
    if (!link_->has_room()) continue;
    if (!is_due(wire, occasion)) continue;
    const std::uint64_t bytes = wire.ring_credit();
    link_->add({FrameKind::ring_credit, lane, static_cast<std::uint32_t>(bytes)});
    wire.ring_credited += bytes;
    wire.starved = false;
    added = true;
  }
  return added;
}

void Incoming::add_place(LaneIndex lane, RecvWire& wire) {
  const RingPlace place = registrar_->place_of(wire.end->wire.ring);
  link_->add({FrameKind::placed, lane, place.key}, encode(place.address));
  wire.owes_place = false;
}

void Incoming::add_credits_to_data() {
  data_goes_back_ = true;
  add_credits(Occasion::with_data);
}

bool Incoming::push(bool idle) {
  if (!link_) return false;
  const bool moved = link_->flush();
  if (add_credits(idle ? Occasion::idle : Occasion::alone)) data_goes_back_ = false;
  return link_->flush() || moved;
}

bool Incoming::drained() const {
  if (!link_) return true;
  if (link_->is_full()) return false;
  for (const auto& [lane, wire] : wires_)
    if (wire.is_open() && !link_->peer_left() &&
        (wire.owes_place || wire.line_credit() || is_due(wire, Occasion::idle)))
      return false;
  return true;
}

Result<void> Incoming::take(const Frame& frame, const std::byte* payload) {
  if (frame.kind == FrameKind::opened) return take_opened(wires_[frame.lane], frame);
  const auto found = wires_.find(frame.lane);
  if (found == wires_.end() || !found->second.is_open()) return not_open(frame);
  switch (frame.kind) {
    case FrameKind::record: take_record(found->second, frame, payload); return {};
    case FrameKind::line: return take_line(found->second, frame, payload);
    case FrameKind::starved: found->second.starved = true; return {};
    default: return Error{Code::remote_error, "a frame out of place"};
  }
}

Result<void> Incoming::take_opened(RecvWire& wire, const Frame& frame) {
  if (wire.is_open()) return Error{Code::remote_error, fmt::format("lane {} opened twice", frame.lane)};
  if (frame.value != ring_bytes_)
    return Error{Code::remote_error, fmt::format("lane {} opened with a window of {} bytes where {} are agreed",
                                                 frame.lane, frame.value, ring_bytes_)};
  if (RecvEnd* const held = held_ ? held_(peer_, frame.lane) : nullptr) wire.end = held;
  if (wire.end->wire.control != &unconnected)
    return Error{Code::remote_error, fmt::format("lane {}, which it has opened over another transport", frame.lane)};
  auto memory = map_private(wire_bytes(ring_bytes_));
  if (!memory) return std::move(memory).error();
  const Wire placed = wire_in(*memory, ring_bytes_);
  if (registrar_) {
    if (auto admitted = registrar_->admit({placed.ring, ring_bytes_}, Registrar::Use::target); !admitted)
      return std::move(admitted).error();
    wire.owes_place = true;
  }
  wire.memory = *std::move(memory);
  wire.end->wire = placed;
  return {};
}

void Incoming::take_record(RecvWire& wire, const Frame& frame, const std::byte* payload) {
  OperationRecord& record = wire.control().record;
  for (std::size_t i = 0; i < frame.value; ++i)
    record.text[i].store(std::to_integer<char>(payload[digest_bytes + i]), std::memory_order_relaxed);
  record.text[frame.value].store('\0', std::memory_order_relaxed);
  record.digest.store(load_little_endian(payload), std::memory_order_release);
}

Result<void> Incoming::take_line(RecvWire& wire, const Frame& frame, const std::byte* payload) {
  if (wire.lines - wire.lines_credited >= lines_per_wire)
    return Error{Code::remote_error, fmt::format("more than {} messages ahead on lane {}", lines_per_wire, frame.lane)};
  Line& line = wire.control().lines[wire.lines & (lines_per_wire - 1)];
  std::memcpy(line.data, payload, line_data_bytes);
  line.turn.store(std::uint64_t{frame.value} << 32 | turn_of(wire.lines), std::memory_order_release);
  ++wire.lines;
  return {};
}

Result<std::byte*> Incoming::land(const Frame& frame) {
  const auto found = wires_.find(frame.lane);
  if (found == wires_.end() || !found->second.is_open()) return not_open(frame);
  const RecvWire& wire = found->second;
  const std::uint64_t at = wire.ring & (ring_bytes_ - 1);
  const std::uint64_t limit = wire.ring_credited + ring_bytes_;  // beyond it lies what has not been consumed
  if (frame.value > ring_bytes_ - at || wire.ring + frame.value > limit)
    return Error{Code::remote_error,
                 fmt::format("{} bytes for lane {}, more than its window has room for", frame.value, frame.lane)};
  return wire.end->wire.ring + at;
}

void Incoming::landed(LaneIndex lane, std::size_t bytes) {
  RecvWire& wire = wires_.at(lane);
  wire.ring += bytes;
  wire.control().published.ring.store(wire.ring, std::memory_order_release);
}

}  // namespace treering::framed
