// A running job, as one of its processes sees it.
#pragma once

#include <string>
#include <string_view>

#include "treering/result.hpp"

namespace treering::topo {

/// What the process says of its communicators and of what its ranks are doing. `pid` is a number as written on a
/// command line. The process may be stuck in a collective; if it has not answered in full within some seconds, that is
/// an error. Finds the process's status socket by what /proc says of its descriptors, so it must be ours, or we root;
/// takes no answer from another process. Control characters but line feeds are replaced, and a text that is not whole
/// ends with "..., cut".
Result<std::string> job_text(std::string_view pid);

}  // namespace treering::topo
