// Many ranks in few words.
#pragma once

#include <span>
#include <string>

#include "treering/types.hpp"

namespace treering {

/// "0-3,8,10-14:2", as taskset(1) writes processors, in the order given; of more than a dozen pieces the first ones and
/// how many ranks are left out: "0,5,2,.. (9 more)".
std::string rank_list(std::span<const Rank> ranks);

}  // namespace treering
