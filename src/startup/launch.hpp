// Joining a job by what its launcher left in the environment: treering's own, torchrun, Slurm, Open MPI (and other
// PMIx), MPICH (and other PMI-1). Where the launcher has passed no unique id, rank 0 publishes one in a file.
#pragma once

#include <string>

#include "options/options.hpp"
#include "startup/unique_id.hpp"
#include "treering/types.hpp"

namespace treering {

struct Invitation {
  UniqueId id;
  Rank rank = nobody;
  Rank ranks = 0;
  Rank local_rank = 0;   ///< among the ranks of this host
  std::string launcher;  ///< "treering", "torchrun", "Slurm", "Open MPI", "MPICH", or "none" (a single rank)
};

/// Who this process is, without meeting anyone: no id yet. `job`: what tells this job from every other, the same on all
/// its ranks; empty for "none".
struct Launched {
  Rank rank = 0;
  Rank ranks = 1;
  Rank local_rank = 0;
  std::string launcher = "none";
  std::string job;
};
Result<Launched> launched(const Lookup& environment);

/// The next invitation of this process: the n-th call on every rank gives the same id. Waits for rank 0, at most until
/// the start timeout of the options.
Result<Invitation> invitation_from_environment();

/// 256 hexadecimal digits, as in TREERING_ID.
std::string to_hex(const UniqueId& id);
Result<UniqueId> unique_id_from_hex(std::string_view text);

}  // namespace treering
