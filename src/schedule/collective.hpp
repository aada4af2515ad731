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
constexpr bool reduces(Collective collective) {
  switch (collective) {
    case Collective::all_reduce:
    case Collective::reduce:
    case Collective::reduce_scatter:
    case Collective::scan:
    case Collective::exclusive_scan: return true;
    default: return false;
  }
}

/// Point-to-point: one half of a message.
constexpr bool is_message(Collective collective) {
  return collective == Collective::send || collective == Collective::recv;
}

/// Broadcast and reduce.
constexpr bool has_root(Collective collective) {
  return collective == Collective::broadcast || collective == Collective::reduce;
}

}  // namespace treering
