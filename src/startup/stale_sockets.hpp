// The directories that processes make for their Unix sockets, and what is left of them when a process is killed.
#pragma once

#include <sys/un.h>

#include <cstddef>
#include <string>

namespace treering {

/// "treering-<uid>-": what the names of this user's directories for sockets begin with.
std::string socket_directory_prefix();
/// The sockets in such a directory: for ranks, and for people who ask (status_door.hpp).
inline constexpr const char* socket_name = "service";
inline constexpr const char* status_socket_name = "status";

sockaddr_un unix_address(const std::string& path);

/// A directory, no link to one, of this user and closed to all others.
bool is_private_directory(const std::string& path);

/// Removes the directories in `parent` that this user's processes have left behind, and nothing else: private ones with
/// the right name, whose socket refuses connections and which have not changed for a minute, or which have had no
/// socket for ten (their process would be starting very slowly). A directory in which anything else lies stays. Looks
/// at a bounded number and never waits. Does nothing on file systems that may be shared with other hosts, where a
/// socket refuses although its process lives. Returns how many are gone.
std::size_t remove_stale_sockets(const std::string& parent);

}  // namespace treering
