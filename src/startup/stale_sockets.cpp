#include "startup/stale_sockets.hpp"

#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "transports/transport.hpp"

namespace treering {
namespace {

constexpr std::size_t most_entries = 4096;  // of the parent, of whatever kind
constexpr std::size_t most_probes = 64;
constexpr std::time_t settled_s = 60;         // bound, and about to listen
constexpr std::time_t abandoned_s = 10 * 60;  // made, and about to bind

bool is_on_this_host_alone(const std::string& path) {
  constexpr long kinds[] = {TMPFS_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC};
  struct statfs about {};
  return statfs(path.c_str(), &about) == 0 &&
         std::ranges::find(kinds, static_cast<long>(about.f_type)) != std::end(kinds);
}

/// Nobody listens in `directory`, and nobody is about to. `unchanged_s`: for how long nothing was made in it.
bool is_stale(const std::string& directory, std::time_t unchanged_s) {
  if (unchanged_s < settled_s) return false;
  const sockaddr_un address = unix_address(directory + "/" + socket_name);
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe || connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return false;
  return errno == ECONNREFUSED || (errno == ENOENT && unchanged_s >= abandoned_s);
}

}  // namespace

std::string socket_directory_prefix() {
  return "treering-" + std::to_string(geteuid()) + "-";
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof address.sun_path - 1));
  return address;
}

bool is_private_directory(const std::string& path) {
  struct stat about {};
  return lstat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == geteuid() &&
         (about.st_mode & 077) == 0;
}

std::size_t remove_stale_sockets(const std::string& parent) {
  if (!is_on_this_host_alone(parent)) return 0;
  std::size_t entries = 0, probes = 0, removed = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
    if (++entries > most_entries || probes == most_probes) break;
    const std::string path = at->path().string();
    struct stat about {};
    if (!at->path().filename().string().starts_with(socket_directory_prefix()) || !is_private_directory(path) ||
        lstat(path.c_str(), &about) != 0)
      continue;
    ++probes;
    if (!is_stale(path, std::time(nullptr) - about.st_mtime)) continue;
    // Only we can put anything there: no link has taken its place. What is not empty cannot be removed.
    for (const char* name : {socket_name, status_socket_name}) unlink((path + "/" + name).c_str());
    if (rmdir(path.c_str()) == 0) ++removed;
  }
  return removed;
}

}  // namespace treering
