// Rows of the catalogue as parameters of tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "algorithms/catalogue.hpp"
#include "schedule/check.hpp"

namespace treering {

/// How a failing test names its row.
inline void PrintTo(const CatalogueRow& row, std::ostream* out) {
  *out << name_of(row.collective) << " by " << row.name;
}

inline Meaning meaning_of(Collective collective) {
  switch (collective) {
    case Collective::all_reduce: return Meaning::all_reduce;
    case Collective::broadcast: return Meaning::broadcast;
    case Collective::reduce: return Meaning::reduce;
    case Collective::all_gather: return Meaning::all_gather;
    case Collective::reduce_scatter: return Meaning::reduce_scatter;
    case Collective::scan: return Meaning::scan;
    case Collective::exclusive_scan: return Meaning::exclusive_scan;
    default: return Meaning::barrier;
  }
}

inline bool is_rooted(Collective collective) {
  return collective == Collective::broadcast || collective == Collective::reduce;
}

inline std::string name_of_row(const testing::TestParamInfo<CatalogueRow>& row) {
  std::string name = std::string(name_of(row.param.collective)) + "_by_" + std::string(row.param.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace treering
