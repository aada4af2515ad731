// Groups of sends and receives, each as one sorted lane.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "communicator/request.hpp"
#include "execution/program.hpp"
#include "treering/result.hpp"

namespace treering {

/// A program, and what its messages are known by, apart from their own digests: a wire's record is out of date when
/// this changes.
struct PlannedMessages {
  std::shared_ptr<const Program> program;
  std::uint32_t digest = 0;
};

/// Of one rank, for the thread that drives it.
class PointToPoint {
 public:
  PointToPoint(Wires& wires, Rank rank, Rank ranks) : wires_(wires), rank_(rank), ranks_(ranks) {}

  /// All sends and receives of one group, at least one. Sends to this rank itself are matched with receives from it, in
  /// order. As its caller wrote it, such a group deadlocks; sorted by distance it never does. The program counts bytes
  /// and names memory by its address (bases are 0); it is kept, for programs exchange the same buffers again and again.
  Result<PlannedMessages> find(std::span<const Request* const> requests);

 private:
  /// A message, as far as its program depends on it.
  struct Message {
    explicit Message(const Request& request);
    friend bool operator==(const Message&, const Message&) = default;

    bool receives;
    DataType type;
    Rank peer;
    const void* memory;
    std::uint64_t count;
    std::uint64_t element_bytes;
  };
  struct Hash {
    std::size_t operator()(const std::vector<Message>& messages) const;
  };

  Wires& wires_;
  Rank rank_;
  Rank ranks_;
  std::unordered_map<std::vector<Message>, PlannedMessages, Hash> known_;
  std::vector<Message> asked_;  // keeps its memory
};

}  // namespace treering
