#include "algorithms/catalogue.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "algorithms/binomial.hpp"
#include "algorithms/direct.hpp"
#include "algorithms/dissemination.hpp"
#include "algorithms/recursive_doubling.hpp"
#include "algorithms/ring.hpp"
#include "algorithms/two_tree.hpp"

namespace treering {
namespace {

using enum Collective;
constexpr Order kept = Order::kept, commutative = Order::commutative;
constexpr bool by_place = true, in_rank_order = false;

constexpr CatalogueRow rows[] = {
    {"direct", all_reduce, kept, direct_all_reduce, direct_all_reduce_cost, in_rank_order},
    {"direct-halves", all_reduce, kept, direct_halves_all_reduce, direct_halves_all_reduce_cost, in_rank_order},
    {"recursive-doubling", all_reduce, kept, doubling_all_reduce, doubling_all_reduce_cost, by_place},
    {"two-tree", all_reduce, kept, two_tree_all_reduce, two_tree_all_reduce_cost, by_place},
    {"ring", all_reduce, commutative, ring_all_reduce, ring_all_reduce_cost, by_place},

    {"direct", broadcast, kept, direct_broadcast, direct_broadcast_cost, in_rank_order},
    {"binomial", broadcast, kept, binomial_broadcast, binomial_broadcast_cost, by_place},
    {"two-tree", broadcast, kept, two_tree_broadcast, two_tree_broadcast_cost, by_place},

    {"direct", reduce, kept, direct_reduce, direct_reduce_cost, in_rank_order},
    {"binomial", reduce, kept, binomial_reduce, binomial_reduce_cost, by_place},
    {"two-tree", reduce, commutative, two_tree_reduce, two_tree_reduce_cost, by_place},
    {"two-tree-in-order", reduce, kept, two_tree_reduce_in_order, two_tree_reduce_in_order_cost, in_rank_order},

    {"direct", reduce_scatter, kept, direct_reduce_scatter, direct_reduce_scatter_cost, in_rank_order},
    {"ring", reduce_scatter, commutative, ring_reduce_scatter, ring_reduce_scatter_cost, by_place},

    {"direct", all_gather, kept, direct_all_gather, direct_all_gather_cost, in_rank_order},
    {"ring", all_gather, kept, ring_all_gather, ring_all_gather_cost, by_place},

    {"recursive-doubling", scan, kept, doubling_scan, doubling_scan_cost, in_rank_order},
    {"two-tree", scan, kept, two_tree_scan, two_tree_scan_cost, in_rank_order},

    {"recursive-doubling", exclusive_scan, kept, doubling_exclusive_scan, doubling_exclusive_scan_cost, in_rank_order},
    {"two-tree", exclusive_scan, kept, two_tree_exclusive_scan, two_tree_scan_cost, in_rank_order},

    {"dissemination", barrier, kept, dissemination_barrier, dissemination_barrier_cost, in_rank_order},
};

/// Letters to insert, delete or change to make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const CatalogueRow> catalogue() {
  return rows;
}

std::vector<const CatalogueRow*> rows_for(Collective collective, Order order) {
  std::vector<const CatalogueRow*> found;
  for (const CatalogueRow& row : rows)
    if (row.collective == collective && (row.order == Order::kept || order == Order::commutative))
      found.push_back(&row);
  return found;
}

Result<const CatalogueRow*> find_row(Collective collective, std::string_view name) {
  const auto candidates = rows_for(collective, Order::commutative);
  const std::string wanted = "no algorithm \"" + std::string(name) + "\" for " + std::string(name_of(collective));
  if (candidates.empty())
    return Error{Code::invalid_argument, wanted + " (it is not planned) leave the algorithm to Treering"};
  std::string known;
  const CatalogueRow* nearest = candidates.front();
  for (const CatalogueRow* row : candidates) {
    if (row->name == name) return row;
    if (edit_distance(name, row->name) < edit_distance(name, nearest->name)) nearest = row;
    known += (known.empty() ? "" : ", ") + std::string(row->name);
  }
  return Error{Code::invalid_argument,
               wanted + " (there are: " + known + ") did you mean \"" + std::string(nearest->name) + "\"?"};
}

Result<Schedule> make(const CatalogueRow& row, const Shape& shape, const RankOrder& order) {
  const auto is_rank = [&](Rank rank) { return rank >= 0 && rank < shape.ranks; };
  if (!is_rank(shape.rank) || !is_rank(shape.root))
    return Error{Code::invalid_argument, "rank " + std::to_string(shape.rank) + " or root " +
                                             std::to_string(shape.root) + " does not exist (there are " +
                                             std::to_string(shape.ranks) +
                                             " ranks) give a rank from 0 to one less than that"};
  Schedule schedule = in_order(order, shape, row.schedule);
  if (const std::string& fault = fault_of(schedule); !fault.empty())
    return Error{Code::internal_error, std::string(row.name) + " " + std::string(name_of(row.collective)) + " on " +
                                           std::to_string(shape.ranks) + " ranks is ill-formed (" + fault +
                                           ") choose another algorithm and report this"};
  return schedule;
}

}  // namespace treering
