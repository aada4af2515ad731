// The collective operations that Treering has, by name.
#pragma once

#include <cstdint>
#include <string_view>

namespace treering {

enum class Collective : std::uint8_t {
  all_reduce,
  broadcast,
  reduce,
  all_gather,
  reduce_scatter,
  scan,
  exclusive_scan,
  barrier,
  send,
  recv,
};

/// "all-reduce", "exclusive-scan", ... as people write it on a command line.
std::string_view name_of(Collective collective);

/// Does an operator take part? All-reduce, reduce, reduce-scatter, scan, exclusive scan.
bool reduces(Collective collective);

}  // namespace treering
