// One collective call on given buffers, to be made again and again.
#pragma once

#include <cstddef>

#include "names.hpp"
#include "sizes.hpp"
#include "treering/communicator.hpp"

namespace treering::perf {

enum class Where : std::uint8_t { out_of_place, in_place };

/// Broadcast, barrier and sendrecv have one form only: it is measured twice.
bool has_places(Kind kind);

/// What is called. `root` only where the kind has one.
struct Shape {
  Kind kind = Kind::all_reduce;
  DataType type = DataType::float32;
  Op op = Op::none;
  Rank root = 0;
  Extent extent;
};

class Call {
 public:
  /// `first` and `second` hold the larger of the shape's extents each; in place only `second` is used. `scale`: of this
  /// rank, for a pre-multiplied sum; see Values::scale_bits.
  Call(Communicator& communicator, const Shape& shape, Where where, std::byte* first, std::byte* second,
       std::uint64_t scale);

  /// Once.
  Result<void> operator()();
  /// `operations` of them in one group.
  Result<void> grouped(std::uint64_t operations);

  std::byte* send() const { return send_; }
  std::byte* recv() const { return recv_; }

 private:
  Communicator& communicator_;
  Shape shape_;
  std::byte* send_;
  std::byte* recv_;
  Operator operator_ = Reduction::sum;
};

}  // namespace treering::perf
