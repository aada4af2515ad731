// Who talks to whom in an algorithm, known by what its schedule does.
#pragma once

#include <cstdint>

#include "algorithms/catalogue.hpp"

namespace treering {

enum class Pattern : std::uint8_t {
  ring,    ///< every rank sends to its right neighbour, and receives from its left one
  others,  ///< every rank sends to all others, and receives from all
  other    ///< trees, and whatever else sends few messages
};

/// The same for any number of ranks, elements and any root.
Pattern pattern_of(const CatalogueRow& row);

}  // namespace treering
