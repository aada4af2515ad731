#include "planning/choose.hpp"

#include <algorithm>
#include <string>

#include "planning/price.hpp"

namespace treering {
namespace {

std::vector<Offer> cheapest_first(std::vector<Offer> made) {
  std::stable_sort(made.begin(), made.end(), [](const Offer& a, const Offer& b) { return a.price_ps < b.price_ps; });
  return made;
}

Result<Offer> first_of(const std::vector<Offer>& made, Collective collective) {
  if (made.empty())
    return Error{Code::invalid_argument, "no algorithm for " + std::string(name_of(collective)) +
                                             " (it is not planned) say its schedule directly"};
  return made.front();
}

}  // namespace

std::vector<Offer> offers(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                          const Machine& machine) {
  std::vector<Offer> made;
  for (const CatalogueRow* row : rows_for(collective, order))
    made.push_back({row, price_ps(row->cost(shape), shape.ranks, element_bytes, machine)});
  return cheapest_first(std::move(made));
}

Result<std::vector<Offer>> offers(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                                  const Prices& prices) {
  std::vector<Offer> made;
  for (const CatalogueRow* row : rows_for(collective, order)) {
    const auto price = prices.price_ps(*row, shape, element_bytes, order);
    if (!price) return price.error();
    made.push_back({row, *price});
  }
  return cheapest_first(std::move(made));
}

Result<Offer> choose(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                     const Machine& machine) {
  return first_of(offers(collective, shape, element_bytes, order, machine), collective);
}

Result<Offer> choose(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                     const Prices& prices) {
  const auto made = offers(collective, shape, element_bytes, order, prices);
  if (!made) return made.error();
  return first_of(*made, collective);
}

}  // namespace treering
