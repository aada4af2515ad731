// All algorithms, one row each.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "algorithms/cost.hpp"
#include "schedule/collective.hpp"
#include "schedule/language.hpp"
#include "schedule/rank_order.hpp"
#include "schedule/shape.hpp"
#include "treering/operator.hpp"
#include "treering/result.hpp"

namespace treering {

/// One algorithm for one collective. Every algorithm works for any number of ranks, any root and any count.
struct CatalogueRow {
  std::string_view name;  ///< as in `--algorithm ring`; unique within a collective
  Collective collective;
  Order order;                         ///< kept: for all operators; commutative: for these only
  Schedule (*schedule)(const Shape&);  ///< call `make` rather than this
  Cost (*cost)(const Shape&);          ///< the same on all ranks
  /// It gains where near ranks are neighbours: rings and trees. Not where all talk to all, and not where the order of
  /// ranks is what the collective means.
  bool by_place;
};

/// All rows. Those of a collective stand together, simple ones first.
std::span<const CatalogueRow> catalogue();

/// The rows that can do `collective` with an operator of this order.
std::vector<const CatalogueRow*> rows_for(Collective collective, Order order);

/// The row of this name. The error suggests the nearest name and lists what there is.
Result<const CatalogueRow*> find_row(Collective collective, std::string_view name);

/// The schedule of one rank, of ranks that stand in this order. Refuses shapes that mean nothing (a rank or root that
/// does not exist) and never returns a schedule with a fault. Operands are multiplied in the order in which ranks
/// stand: another one than that of ranks is for rows that are `by_place`, and for operators that are commutative.
Result<Schedule> make(const CatalogueRow& row, const Shape& shape, const RankOrder& order = {});

}  // namespace treering
