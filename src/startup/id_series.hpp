// Ids that follow from one: a launcher passes a single id, and the ranks of its job make any number of communicators.
#pragma once

#include "startup/unique_id.hpp"

namespace treering {

/// A fresh id, the first of a series. Its rendezvous and those of all that follow are in this process.
Result<UniqueId> make_id_series();

/// The n-th of the series; the 0th is `first` itself. Who knows it knows none of the others.
Result<UniqueId> id_of_series(const UniqueId& first, unsigned number);

}  // namespace treering
