// The inner loop: one lane of one operation, moved slice by slice as far as its wires and its own order allow.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "execution/kernels.hpp"
#include "execution/pace.hpp"
#include "execution/program.hpp"
#include "execution/staging.hpp"
#include "execution/store_trial.hpp"
#include "transports/wire.hpp"

namespace treering {

/// What an operation is about, apart from its program. Addresses are integers: point-to-point names memory by address.
struct Work {
  std::array<std::uintptr_t, 3> base{};  ///< of input, output and scratch, indexed by Buffer
  std::uint64_t element_bytes = 1;
  Arithmetic arithmetic;  ///< its element_bytes divides ours: movers of data count bytes
  Kernel kernel = nullptr;
  std::uint32_t digest = 0;                ///< what the ranks must agree on
  Storing past_caches = Storing::nothing;  ///< what would only flush them, or comes to peers faster through memory
};

class LaneRun {
 public:
  /// To a lane, and to a work whose element size stays as it is. All but `pace` must outlive the run.
  void tie(const BoundLane& lane, const Work& work, const Pace& pace, Staging& staging);
  /// All of it anew.
  void begin();

  /// Tries every step that may move. True if any did.
  bool progress();

  /// Have all steps moved all their elements?
  bool moved_all() const { return head_ == lane_->steps.size(); }

  /// After it has moved all, before the next operation enters the lane: what it has lent is to be given back.
  void note_loans();
  bool loans_returned() const;

  /// The word that received a message of another operation, or null.
  const BoundWord* mismatch() const { return mismatch_; }

  /// A peer for whom the first unfinished step waits, or nobody.
  Rank waits_for() const;

  LaneIndex index() const { return lane_->index; }

 private:
  bool advance(std::uint32_t step_index);
  bool move_whole(const BoundStep& step, std::uint64_t first, std::uint64_t count);
  void move_slice(const BoundStep& step, std::uint64_t moved, std::uint64_t count, bool last);
  bool arrived(const BoundStep& step, const BoundWord& word);
  bool take_up_messages(const BoundStep& step, std::uint64_t message_bytes);
  bool begin_messages(const BoundStep& step, std::uint64_t message_bytes);
  bool begin_in_place(const BoundWord& word, std::uint64_t bytes, bool passes_here);
  bool begin_staged(std::uint64_t bytes);
  std::uint64_t elements_permitted(const BoundStep& step, std::uint64_t moved, std::uint64_t end) const;
  std::uint64_t elements_possible(const BoundStep& step, std::uint64_t count);
  std::uint32_t gather_operands(const BoundStep& step, std::uint64_t element);
  void compute(std::uint32_t operands, std::uint64_t count);
  bool next_round();
  [[gnu::noinline]] void offer_places();
  bool enter_memory_of_peers(const BoundStep& step);
  void leave_memory_of_peers(const BoundStep& step);

  std::byte* memory(const BoundWord& word, std::uint64_t element) const {
    return reinterpret_cast<std::byte*>(work_->base[static_cast<int>(word.buffer)] +
                                        (word.first + element) * work_->element_bytes);
  }
  const BoundWord* words(const BoundStep& step) const { return lane_->words.data() + step.word; }
  std::uint32_t digest(const BoundStep& step) const { return step.digest ? step.digest : work_->digest; }
  std::uint64_t first_of_round() const { return lane_->circulates ? limit_ - round_ : 0; }
  std::uint64_t end_of(const BoundStep& step) const { return step.count < limit_ ? step.count : limit_; }

  const BoundLane* lane_ = nullptr;
  const Work* work_ = nullptr;
  Staging* staging_ = nullptr;
  std::uint64_t parts_ = 1;  // of an element, as the arithmetic counts them
  std::uint64_t slice_ = 0;  // elements
  std::uint64_t whole_ = 0;  // elements; messages of up to so many move whole
  std::uint64_t round_ = 0;  // elements; of a lane that does not circulate: all
  std::uint64_t limit_ = 0;  // elements that a step may have moved by the end of this round
  bool offers_ = false;      // places: some message is too long to move whole, and may land
  bool entered_ = false;     // the lane: no other run is in it any more
  std::uint32_t head_ = 0;   // steps [0, head) have moved all that they have in this round
  std::vector<std::uint64_t> moved_;
  std::vector<Operand> operands_;        // of the sentence being said; as many as the longest has words
  std::vector<std::uint64_t> expected_;  // of each receiver of the lane: the next message, while places are offered
  bool visits_ = false;                  // the slice about to be moved is read from, or written to, memory of a peer
  std::vector<SendEnd*> copying_;        // of the step being begun: whose data must be copied
  const BoundWord* mismatch_ = nullptr;
  std::vector<std::uint64_t> loans_;  // of each sender of the lane: bytes lent by the end of this run
};

}  // namespace treering
