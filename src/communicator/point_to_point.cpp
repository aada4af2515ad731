#include "communicator/point_to_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "execution/engine.hpp"
#include "schedule/shape.hpp"

namespace treering {
namespace {

/// Places of the lane are addresses: elements are bytes and buffers begin at 0.
Place address(const void* memory, Buffer buffer) {
  return {buffer, reinterpret_cast<std::uintptr_t>(memory)};
}

std::uint64_t bytes_of(const Request& request) {
  return request.count * request.element_bytes;
}

std::string text_of(std::span<const Request* const> requests) {
  const Request& first = *requests[0];
  const bool receives = first.collective == Collective::recv;
  Signature signature = signature_of(first);
  signature.collective = first.collective;
  const std::string one = fmt::format("{} {} rank {}", describe(signature), receives ? "from" : "to", first.root);
  return requests.size() == 1 ? one : fmt::format("{} sends and receives, the first a {}", requests.size(), one);
}

struct Entry {
  Rank distance;         // from the sender up to the receiver
  std::uint64_t number;  // among the messages between the same two ranks
  bool receives;
  const Request* request;

  auto key() const { return std::tuple(distance, number, receives); }
};

/// Rule 2 for authors of algorithms: (distance, message number, send before receive).
std::vector<Entry> sorted(std::span<const Request* const> requests, Rank rank, Rank ranks) {
  std::map<std::pair<Rank, bool>, std::uint64_t> numbers;
  std::vector<Entry> entries;
  for (const Request* request : requests) {
    const bool receives = request->collective == Collective::recv;
    const Rank distance = receives ? mod(rank - request->root, ranks) : mod(request->root - rank, ranks);
    entries.push_back({distance, numbers[{request->root, receives}]++, receives, request});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key() < b.key(); });
  return entries;
}

/// A message of nothing is one byte of scratch: the other end may expect something, and must find out. Byte 0 is sent,
/// every such receive has a byte of its own.
void say_message(Schedule& schedule, const Entry& entry) {
  const Request& request = *entry.request;
  const std::uint64_t bytes = bytes_of(request);
  if (bytes == 0) schedule.scratch = std::max<std::uint64_t>(1, schedule.scratch);
  auto sentence = schedule.lanes[0].step(std::max<std::uint64_t>(1, bytes));
  if (entry.receives)
    sentence.recv(request.root)
        .store(bytes == 0 ? Place{Buffer::scratch, schedule.scratch++} : address(request.recv, Buffer::output));
  else
    sentence.read(bytes == 0 ? Place{Buffer::scratch, 0} : address(request.send, Buffer::input)).send(request.root);
}

/// The messages of this rank to itself: copies.
Result<void> say_copies(Lane& lane, std::vector<Entry>& entries, Rank rank) {
  const auto others = std::find_if(entries.begin(), entries.end(), [](const Entry& e) { return e.distance != 0; });
  const auto self = std::span(entries.begin(), others);
  for (std::size_t k = 0; k < self.size(); k += 2) {
    const bool paired = k + 1 < self.size() && !self[k].receives && self[k + 1].receives;
    if (!paired || signature_of(*self[k].request) != signature_of(*self[k + 1].request))
      return Error{
          Code::invalid_usage,
          fmt::format("rank {} has a {} with itself without its counterpart (in one group, every send to oneself needs "
                      "a receive of the same count and type, in the same order) add the missing call, or use memcpy",
                      rank, self[k].receives ? "receive" : "send")};
    lane.copy(bytes_of(*self[k].request), address(self[k].request->send, Buffer::input),
              address(self[k + 1].request->recv, Buffer::output));
  }
  entries.erase(entries.begin(), others);
  return {};
}

Result<Program> program_of(std::span<const Request* const> requests, Rank rank, Rank ranks, Wires& wires) {
  constexpr std::uint32_t ahead = 8;  // any two or more are safe; more bound less
  Schedule schedule{{Lane{}}, 0};
  Lane& lane = schedule.lanes[0];
  lane.ahead = ahead;
  std::vector<Entry> entries = sorted(requests, rank, ranks);
  if (auto said = say_copies(lane, entries, rank); !said) return std::move(said).error();

  std::vector<std::uint32_t> digests(lane.steps.size(), 0);
  for (const Entry& entry : entries) {
    say_message(schedule, entry);
    digests.push_back(digest_of(signature_of(*entry.request)));
  }
  auto program = bind(schedule, wires, point_to_point_lane);
  if (!program) return std::move(program).error();
  program->text = text_of(requests);
  for (std::size_t k = 0; k < digests.size(); ++k) program->lanes[0].steps[k].digest = digests[k];
  return program;
}

}  // namespace

PointToPoint::Message::Message(const Request& request)
    : receives(request.collective == Collective::recv),
      type(request.type),
      peer(request.root),
      memory(receives ? request.recv : request.send),
      count(request.count),
      element_bytes(request.element_bytes) {}

std::size_t PointToPoint::Hash::operator()(const std::vector<Message>& messages) const {
  std::uint64_t hash = messages.size();
  const auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15u; };
  for (const Message& message : messages) {
    mix(reinterpret_cast<std::uintptr_t>(message.memory));
    mix(message.count << 1 | message.receives);
    mix(static_cast<std::uint32_t>(message.peer));
    hash ^= hash >> 29;
  }
  return hash;
}

Result<PlannedMessages> PointToPoint::find(std::span<const Request* const> requests) {
  asked_.clear();
  for (const Request* request : requests) asked_.emplace_back(*request);
  if (const auto known = known_.find(asked_); known != known_.end()) return known->second;

  auto program = program_of(requests, rank_, ranks_, wires_);
  if (!program) return std::move(program).error();
  const auto digest = static_cast<std::uint32_t>(std::hash<std::string>{}(program->text)) | 1;
  constexpr std::size_t most = 256;  // buffers may be new every time
  if (known_.size() >= most) known_.clear();
  const PlannedMessages made{std::make_shared<const Program>(*std::move(program)), digest};
  known_.emplace(asked_, made);
  return made;
}

}  // namespace treering
