// What every peer program does alike: arguments, buffers, the timed loop, the check of the result, the output. The
// timed loop is that of perf/tool/timing.cpp, so that Treering's times and a peer's are times of the same thing.
//   PROGRAM COLLECTIVE FIRST_BYTES LAST_BYTES FACTOR SAMPLES WARMUP   prints `bytes,microseconds` for each size
//   PROGRAM replay FILE STEPS WARMUP                                  prints `step,microseconds`
// A sweep's figure is the median over samples of the slowest rank's time; a replay's the mean over steps. float32, sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace peers {

enum class Collective : std::uint8_t {
  all_reduce,
  broadcast,
  reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  scan,
  barrier,
};

std::optional<Collective> collective_named(std::string_view name);

/// Elements, as perf/tool/sizes.hpp has them: `count` is that of the call, `send` and `recv` are one rank's buffers.
struct Shape {
  Collective collective = Collective::all_reduce;
  std::size_t count = 0, send = 0, recv = 0;
  bool in_place = false;
};

Shape shape_of_count(Collective collective, std::size_t count, int ranks);
/// At most so many bytes in the larger buffer.
Shape shape_of_bytes(Collective collective, std::uint64_t bytes, int ranks);

/// Element `k` of what `rank` gives, small whole numbers so that sums are exact; and of what it should get.
float given(int rank, std::size_t k);
float expected(const Shape& shape, int rank, int ranks, std::size_t k);
/// Does `rank` get anything? (Of a reduce only the root does.)
bool gets_result(const Shape& shape, int rank);

/// One rank of a library that is measured. All ranks call the same functions in the same order.
class Library {
 public:
  virtual ~Library() = default;
  virtual int rank() const = 0;
  virtual int ranks() const = 0;
  virtual void barrier() = 0;
  /// The largest over the ranks of each number, in place.
  virtual void slowest(std::vector<double>& numbers) = 0;
  /// A call ready to be made again and again; nothing if the library has no such collective. In place `input` is
  /// unused, and a rank's block of an all-gather lies at its place in `output`. The root is rank 0.
  virtual std::function<void()> call(const Shape& shape, float* input, float* output) = 0;

  /// Before the calls, and after them the number of wrong elements here. Libraries with buffers of their own override.
  virtual void fill(const Shape& shape, float* input, float* output);
  virtual std::uint64_t wrong(const Shape& shape, const float* output);
  virtual bool has_own_buffers() const { return false; }
};

/// The program: its exit status.
int run(Library& library, int argc, char** argv);

}  // namespace peers
