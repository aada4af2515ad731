// A program: a schedule tied to the wires of one rank. Bound once, cached, run many times over any memory of its shape.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "execution/kernels.hpp"
#include "schedule/language.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/wire.hpp"
#include "treering/result.hpp"

namespace treering {

/// Where the ends of a rank's wires come from. Ends live as long as the communicator.
class Wires {
 public:
  virtual ~Wires() = default;
  virtual Result<SendEnd*> send_end(Rank to, LaneIndex lane) = 0;
  virtual Result<RecvEnd*> recv_end(Rank from, LaneIndex lane) = 0;
};

/// One word of a step: an act whose peer has become the end of a wire.
struct BoundWord {
  Verb verb;
  Operand::Role role;   ///< of its memory in the sentence, as long as nothing is to go past the caches
  Buffer buffer;        ///< own, read, store; for a send that may lend: where the value lies
  bool may_lend;        ///< send: the value lies in memory that no later step writes
  bool lends_own;       ///< send: what may be lent is this rank's contribution, before any scaling
  bool may_stream;      ///< store: a result, in memory that no step of the lane reads
  bool may_land;        ///< recv: goes to memory that no other step touches, so that the peer may write it at any time
  Rank peer;            ///< recv, send
  std::uint64_t first;  ///< elements; own, read, store, a send that may lend, a recv that may land
  union {
    SendEnd* send;
    RecvEnd* recv;
  };
};

struct BoundStep {
  std::uint64_t count;
  std::uint32_t word, words;
  std::uint32_t after, behind;
  std::uint32_t digest;  ///< of this step's messages where they differ from the operation's (point-to-point); else 0
  bool gives;            ///< its value goes somewhere: it is stored or sent
  bool sends_one_value;  ///< to two and more: nothing is taken between the sends
};

struct BoundLane {
  LaneIndex index;
  bool circulates;
  std::vector<BoundStep> steps;
  std::vector<BoundWord> words;
  std::vector<SendEnd*> senders;    ///< every end that some step sends on, once
  std::vector<RecvEnd*> receivers;  ///< every end that some step receives on, once
  bool lands = false;               ///< some word may land
  std::uint32_t most_words = 0;     ///< of a step
};

struct Program {
  std::vector<BoundLane> lanes;
  std::uint64_t scratch = 0;  ///< elements
  std::uint64_t results = 0;  ///< elements that words which may stream store
  std::uint64_t sent = 0;     ///< elements that words send
  std::string text;           ///< for people, the peers' too: what it does
};

/// Ties lane k of the schedule to the wires of lane `first_lane` + k, opening those that are not open yet.
Result<Program> bind(const Schedule& schedule, Wires& wires, LaneIndex first_lane = 0);

}  // namespace treering
