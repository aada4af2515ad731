// A unique id left in a file for the other ranks of a job, where the launcher passes none.
//
// The file lies in a directory that only this user can enter, its name is a hash of what tells the job from others. A
// file that an earlier job of the same name has left must not be taken for this one's: rank 0 holds a lock (fcntl) on
// it, which ends with its process and is not inherited; a file without one is stale.
#pragma once

#include <chrono>
#include <string>

#include "startup/unique_id.hpp"

namespace treering {

/// Where the files are: `chosen`, or treering-<uid> in $XDG_RUNTIME_DIR or /tmp. Made with mode 0700 where it is not
/// there; an error if it belongs to someone else or others can write to it.
Result<std::string> rendezvous_directory(const std::string& chosen);

/// For the n-th communicator of a job.
std::string rendezvous_path(const std::string& directory, const std::string& job, unsigned number);

/// Writes the id, all at once. It is removed when this process ends.
Result<void> publish(const UniqueId& id, const std::string& path);

/// Waits for the id of a live rank 0.
Result<UniqueId> await_published(const std::string& path, std::chrono::milliseconds timeout);

}  // namespace treering
