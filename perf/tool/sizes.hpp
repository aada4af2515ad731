// Bytes and elements: the sizes that a sweep visits, what each means for a collective, and the factors of bandwidth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "names.hpp"

namespace treering::perf {

/// "8", "64K", "1.5M", "8G": K, M and G are powers of 1024. Nothing if it is no size.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

struct Sweep {
  std::uint64_t first_bytes = 32 << 20;
  std::uint64_t last_bytes = 32 << 20;
  std::uint64_t step_bytes = 1 << 20;  ///< added, where step_factor is 1
  std::uint64_t step_factor = 1;       ///< multiplied, where it is larger

  std::vector<std::uint64_t> sizes() const;
};

/// What a size on the command line becomes. `count` is the count of the call and of the table; `send` and `recv` are
/// the elements of one rank's buffers; `bytes` is the size of the table: the larger buffer.
struct Extent {
  std::uint64_t count = 0;
  std::uint64_t send = 0;
  std::uint64_t recv = 0;
  std::uint64_t bytes = 0;
};

/// At most `bytes`: all-gather and reduce-scatter divide them among the ranks; a barrier has none.
Extent extent(Kind kind, std::uint64_t bytes, DataType type, int ranks);
/// The extent of a call with this count.
Extent extent_of_count(Kind kind, std::uint64_t count, DataType type, int ranks);

/// busbw = algbw x this: what a link carries per byte of the table's size if the collective moves no byte in vain, so
/// that it can be compared with the speed of the link at any number of ranks.
double bus_factor(Kind kind, int ranks);

/// The same, as a line for people; empty where nccl-tests' definition is used.
std::string_view bus_factor_note(Kind kind);

}  // namespace treering::perf
