// Who talks to whom in an algorithm, known by what its schedules do.
#pragma once

#include <cstdint>

#include "algorithms/catalogue.hpp"

namespace treering {

enum class Pattern : std::uint8_t {
  ring,       ///< every rank sends to its right neighbour, and receives from its left one
  others,     ///< every rank sends to all others, and receives from all
  from_root,  ///< the root sends to all others
  to_root,    ///< the root receives from all others
  other       ///< trees, and whatever else sends few messages
};

/// In which algorithms are looked at: of so many elements that ranks and trees split them evenly.
Shape unit_shape(Rank ranks, Rank rank, Rank root);

/// The same for any number of ranks, elements and any root.
Pattern pattern_of(const CatalogueRow& row);

/// Ranks are counted from the root on: with another root, the same is said of ranks that lie as far from it. Blocks are
/// not looked at; there are none where there is a root.
bool turns_with_root(const CatalogueRow& row);

}  // namespace treering
