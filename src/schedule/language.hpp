// The schedule language: what one rank does in one collective operation, as a value.
//
// A step is a sentence of six verbs about one running value v, said element by element:
//   own p    v = v . memory[p]   this rank's contribution (a pre-scaling operator applies here, nowhere else)
//   read p   v = v . memory[p]   a value that was stored before
//   recv q   v = v . next element from rank q
//   finish   the product is complete (average divides here, nowhere else)
//   store p  memory[p] = v
//   send q   v goes to rank q
// The first own, read or recv of a sentence sets v, later ones multiply from the right; store and send pass v on.
//
// A lane means: its steps one after another. Engines overlap steps and stream slices through them exactly as far as
// `after` and `behind` allow, and must try every step that these allow. Both are derived (derive.cpp) from what the
// steps touch, so a hazard cannot be written. See docs/architecture.md and docs/writing-an-algorithm.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "treering/types.hpp"

namespace treering {

/// Memory by name. The three are disjoint; in place, nothing says `input`.
enum class Buffer : std::uint8_t { input, output, scratch };

/// Where a step's elements begin, in elements. Their number is the step's.
struct Place {
  Buffer buffer = Buffer::input;
  std::uint64_t first = 0;
};

enum class Verb : std::uint8_t { own, read, recv, finish, store, send };

/// One word of a sentence: a verb with its place or its peer.
struct Act {
  std::uint64_t first;
  Rank peer;
  Verb verb;
  Buffer buffer;
};
static_assert(sizeof(Act) == 16);

constexpr bool takes(const Act& act) {
  return act.verb <= Verb::recv;
}
constexpr bool gives(const Act& act) {
  return act.verb >= Verb::store;
}
constexpr bool in_memory(const Act& act) {
  return act.verb == Verb::own || act.verb == Verb::read || act.verb == Verb::store;
}
constexpr bool on_wire(const Act& act) {
  return act.verb == Verb::recv || act.verb == Verb::send;
}

struct Step {
  std::uint64_t count;  ///< elements; every word of the step moves as many
  std::uint32_t act;    ///< its words are acts[act .. act+acts) of the lane
  std::uint32_t acts;
  std::uint32_t after;   ///< steps [0, after) have moved all that they have
  std::uint32_t behind;  ///< steps [after, behind) are ahead: element k comes after their element k
};
static_assert(sizeof(Step) == 24);

/// Steps in the order in which they are meant. Lanes of a schedule touch disjoint data and never wait for one another.
class Lane {
 public:
  class Sentence;

  /// Begins a sentence over `count` elements. It ends, and its dependencies are derived, when the Sentence is
  /// destroyed:
  ///   lane.step(n).recv(left).own(x).store(kept).recv(right).send(parent);
  Sentence step(std::uint64_t count);

  /// `to` becomes what `from` is. Nothing is said where both are the same place.
  void copy(std::uint64_t count, Place from, Place to);

  std::span<const Act> words(const Step& step) const { return {acts.data() + step.act, step.acts}; }

  std::vector<Step> steps;  ///< `after` never falls: the first step held back holds back all that follow
  std::vector<Act> acts;
  /// No step starts before the one `ahead` places earlier is done; 0: free. For linear algorithms: it bounds polling,
  /// open windows and incast. Set before the first step.
  std::uint32_t ahead = 0;
  /// Rings: engines run the lane in rounds, elements [t*b, (t+1)*b) of every step in round t, b half a window, since
  /// what goes round must fit in the wires. Set before the first step.
  bool circulates = false;
  /// What a step of this lane receives from a peer and only stores is the peer's answer to what another step has sent
  /// it from that same place, made of it element by element (or nothing was sent from there). So in place, too, the
  /// peer may read that place while the operation lasts, and may write its answer there before this rank comes to the
  /// step.
  bool answers = false;
  /// The first mistake of the lane's author, empty if there is none. A schedule with a fault is never run.
  std::string fault;

 private:
  void end_sentence();
  void derive_last();
};

/// A sentence being said. Words whose peer is `nobody` are left out, and so are words that pass on a value before
/// anything was taken: algorithms need no case for a missing neighbour.
class Lane::Sentence {
 public:
  explicit Sentence(Lane& lane, std::uint64_t count);
  ~Sentence() { lane_.end_sentence(); }
  Sentence(const Sentence&) = delete;
  Sentence& operator=(const Sentence&) = delete;

  Sentence& own(Place place) { return take({place.first, nobody, Verb::own, place.buffer}); }
  Sentence& read(Place place) { return take({place.first, nobody, Verb::read, place.buffer}); }
  Sentence& recv(Rank from);
  Sentence& finish();
  Sentence& store(Place place);
  Sentence& send(Rank to);

 private:
  Sentence& take(Act act);

  Lane& lane_;
  bool has_value_ = false;
};

/// What one rank does in one operation. Knows no pointer, type, window, transport or clock, so that it can be cached,
/// compared, checked, priced, printed and run.
struct Schedule {
  std::vector<Lane> lanes;
  std::uint64_t scratch = 0;  ///< elements of scratch memory that the steps use
};

/// The first fault of any lane, empty if the schedule is well formed.
const std::string& fault_of(const Schedule& schedule);

}  // namespace treering
