#include "planning/choose.hpp"

#include <algorithm>
#include <string>

namespace treering {

std::vector<Offer> offers(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                          const Machine& machine) {
  std::vector<Offer> made;
  for (const CatalogueRow* row : rows_for(collective, order))
    made.push_back({row, price_ps(row->cost(shape), shape.ranks, element_bytes, machine)});
  std::stable_sort(made.begin(), made.end(), [](const Offer& a, const Offer& b) { return a.price_ps < b.price_ps; });
  return made;
}

Result<Offer> choose(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                     const Machine& machine) {
  const auto made = offers(collective, shape, element_bytes, order, machine);
  if (made.empty())
    return Error{Code::invalid_argument, "no algorithm for " + std::string(name_of(collective)) +
                                             " (it is not planned) say its schedule directly"};
  return made.front();
}

}  // namespace treering
