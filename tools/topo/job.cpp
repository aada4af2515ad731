#include "tools/topo/job.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "startup/stale_sockets.hpp"
#include "transports/transport.hpp"

namespace treering::topo {
namespace {

namespace fs = std::filesystem;

std::string problem_with(std::string_view pid, std::string_view why, std::string_view what_to_do) {
  return fmt::format("process {} cannot be asked ({}) {}", pid, why, what_to_do);
}

/// "socket:[4711]" for each socket that the process has open.
Result<std::set<std::string>> sockets_of(std::string_view pid) {
  const fs::path process = fmt::format("/proc/{}", pid);
  std::error_code error;
  if (!fs::exists(process, error))
    return Error{Code::invalid_argument, problem_with(pid, "there is none", "give the PID of a rank on this host")};
  std::set<std::string> sockets;
  fs::directory_iterator at(process / "fd", error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    std::error_code closed;  // in the meantime
    const std::string target = fs::read_symlink(at->path(), closed).string();
    if (target.starts_with("socket:[")) sockets.insert(target);
  }
  if (error)
    return Error{Code::invalid_usage, problem_with(pid, "it belongs to another user: " + error.message(),
                                                   "run this as that user, or as root")};
  return sockets;
}

bool is_status_socket(const fs::path& path) {
  return path.filename() == status_socket_name && path.parent_path().filename().string().starts_with("treering-");
}

/// Where the process listens for us, in its own view of the file system.
Result<std::string> status_socket_of(std::string_view pid) {
  const auto sockets = sockets_of(pid);
  if (!sockets) return sockets.error();
  std::ifstream table(fmt::format("/proc/{}/net/unix", pid));
  for (std::string row; std::getline(table, row);) {
    std::istringstream words(row);
    std::string number, references, protocol, flags, type, state, inode, path;
    words >> number >> references >> protocol >> flags >> type >> state >> inode >> path;
    if (is_status_socket(path) && sockets->contains(fmt::format("socket:[{}]", inode))) return path;
  }
  return Error{Code::invalid_argument,
               problem_with(pid, "it has no status socket: it does not use Treering, or not yet",
                            "give the PID of a rank; with `treering-perf --np`, ranks are its children")};
}

Result<Descriptor> connected(std::string_view pid, const std::string& path) {
  constexpr timeval patience{5, 0};
  Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto connects = [&](const std::string& where) {
    const sockaddr_un address = unix_address(where);
    return where.size() < sizeof address.sun_path &&
           connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})  // the latter is that of connect(), too
    setsockopt(made.get(), SOL_SOCKET, option, &patience, sizeof patience);
  // In a container, the path means something there.
  if (connects(fmt::format("/proc/{}/root{}", pid, path)) || connects(path)) return made;
  return Error{Code::system_error,
               problem_with(pid, fmt::format("{}: {}", path, std::strerror(errno)), "look whether it is ending")};
}

}  // namespace

Result<std::string> job_text(std::string_view pid) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(pid.data(), pid.data() + pid.size(), number);
  if (error != std::errc() || end != pid.data() + pid.size() || number == 0)
    return Error{Code::invalid_argument, fmt::format("'{}' is no PID (a number above 0) give that of a rank", pid)};
  const auto path = status_socket_of(pid);
  if (!path) return path.error();
  const auto socket = connected(pid, *path);
  if (!socket) return socket.error();
  std::string text;
  char part[4096];
  ssize_t got = 0;
  while ((got = recv(socket->get(), part, sizeof part, 0)) > 0 || (got < 0 && errno == EINTR))
    if (got > 0) text.append(part, static_cast<std::size_t>(got));
  if (got < 0)
    return Error{Code::timeout, problem_with(pid, "it does not answer within 5 s", "look whether it is stopped")};
  if (text.empty())
    return Error{Code::invalid_usage,
                 problem_with(pid, "it hung up: it tells its own user and root", "run this as that user")};
  return text;
}

}  // namespace treering::topo
