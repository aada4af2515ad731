// Hosts and how many ranks each takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "treering/result.hpp"

namespace treering::run {

struct Host {
  std::string name;  ///< as ssh takes it: perhaps user@name
  int slots = 1;
};

/// "h1:8,h2:8,[fd00::1]:4"; without a number one rank. A host that comes again takes more ranks.
Result<std::vector<Host>> hosts_in_list(std::string_view list);

/// One host a line: `h1 slots=8` as Open MPI has it, `h1:8` as MPICH has it, or `h1`; # begins a comment. `name` is for
/// messages.
Result<std::vector<Host>> hosts_in_file(std::string_view text, const std::string& name);

/// Ranks of one host: first, first + 1, ...
struct Share {
  std::string host;
  int first = 0;
  int count = 0;
};

/// Ranks in the order of hosts, each filled before the next. `ranks` of 0: as many as there are slots.
Result<std::vector<Share>> placed(const std::vector<Host>& hosts, int ranks);

/// Is this a name of the host that we are on?
bool is_here(const std::string& host);

}  // namespace treering::run
