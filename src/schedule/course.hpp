// One run of a World, from the first move to the last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "schedule/world.hpp"

namespace treering {

class Course {
 public:
  Course(const World& world, Scene& scene, const Conditions& conditions);
  Result<void> run();

 private:
  /// An element in a wire: a value, or where the sender keeps it until it is received.
  struct Cell {
    Value value = Provenance::nothing;
    const Value* lent = nullptr;
  };
  struct Wire {
    std::uint64_t first_cell = 0;  // of cells_; the wire holds `window` of them as a ring
    std::uint64_t window = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
  };
  struct Progress {
    std::vector<std::uint64_t> moved;  // elements of each step
    std::vector<bool> slow;            // steps that nearly always hesitate
    std::size_t head = 0;              // the first step of this round that is not over
    std::uint64_t limit = 0;           // elements [0, limit) of every step belong to this round or an earlier one
    std::uint64_t round = 0;
    bool over = false;
    bool queued = false;
  };
  /// The latest steps (+1) of a lane that touched an element.
  struct Touched {
    std::uint32_t wrote = 0;
    std::uint32_t read = 0;
  };
  /// Runners that may be able to move.
  using Queue = std::vector<std::size_t>;

  void wake(std::size_t runner);
  void take_turn(std::size_t runner);
  void settle(std::size_t runner);
  std::uint64_t movable(std::size_t runner, std::size_t step) const;
  void move(std::size_t runner, std::size_t step, std::uint64_t count);
  void move_element(std::size_t runner, std::size_t step, std::uint64_t element);
  void touch(std::size_t runner, std::size_t step, const Act& word, std::uint64_t at);
  void send(std::size_t runner, std::uint32_t word, std::uint64_t k, Value value);
  Value receive(std::uint32_t wire);
  std::uint64_t end(std::size_t runner, std::size_t step) const;
  Value& element(Rank rank, Buffer buffer, std::uint64_t at) {
    return scene_.memory[static_cast<std::size_t>(rank)][static_cast<std::size_t>(buffer)][at];
  }

  /// Why a step cannot move, and which runner that depends on.
  struct Wait {
    std::string why;
    std::size_t runner;
  };
  Wait wait_of(std::size_t runner) const;
  std::string deadlock() const;

  const World& world_;
  Scene& scene_;
  Conditions conditions_;
  std::vector<Progress> progress_;
  std::vector<Wire> wires_;
  std::vector<Cell> cells_;
  std::vector<std::array<std::vector<Touched>, 3>> touched_;
  Queue ready_;
  Queue ready_starved_;
  std::size_t over_ = 0;
  std::mt19937_64 random_;
  std::optional<Error> error_;
};

}  // namespace treering
