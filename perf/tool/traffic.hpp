// The collectives of a training step, read from a file: COLLECTIVE TYPE COUNT [OPERATOR], one a line; # starts a
// comment. COUNT is that of the call on each rank; N/ranks is N divided by the number of ranks, rounded up (a padded
// shard).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "names.hpp"
#include "sizes.hpp"
#include "treering/result.hpp"

namespace treering::perf {

struct Traffic {
  Kind kind = Kind::all_reduce;
  DataType type = DataType::float32;
  Op op = Op::none;
  Extent extent;

  bool operator==(const Traffic& other) const;
};

/// `name` is for messages, which say the line.
Result<std::vector<Traffic>> parse_traffic(std::string_view text, int ranks, const std::string& name);

Result<std::vector<Traffic>> read_traffic(const std::string& file, int ranks);

}  // namespace treering::perf
