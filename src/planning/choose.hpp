// Which algorithm for an operation: the one with the lowest price.
#pragma once

#include <cstdint>
#include <vector>

#include "algorithms/catalogue.hpp"
#include "planning/machine.hpp"
#include "planning/prices.hpp"

namespace treering {

/// An algorithm and what it would cost.
struct Offer {
  const CatalogueRow* row = nullptr;
  std::uint64_t price_ps = 0;
};

/// All algorithms that may run, cheapest first; equal prices in the order of the catalogue. Algorithms that change the
/// order of operands are left out where `order` is kept. Depends on nothing in which the ranks of an operation differ.
std::vector<Offer> offers(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                          const Machine& machine);
Result<std::vector<Offer>> offers(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                                  const Prices& prices);

/// The cheapest. Fails for collectives that no algorithm is for (send and recv).
Result<Offer> choose(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                     const Machine& machine);
Result<Offer> choose(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                     const Prices& prices);

}  // namespace treering
