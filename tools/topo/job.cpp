#include "tools/topo/job.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "startup/plain_text.hpp"
#include "startup/stale_sockets.hpp"
#include "startup/status_door.hpp"
#include "transports/transport.hpp"

namespace treering::topo {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{5};  // from connecting to the end of the text
constexpr std::size_t most_bytes = 1 << 20;  // far more than a process sends: whoever sends more is none of ours

Error problem(Code code, pid_t pid, std::string_view why, std::string_view what_to_do) {
  return {code, fmt::format("process {} cannot be asked ({}) {}", pid, why, what_to_do)};
}

Error does_not_answer(pid_t pid) {
  return problem(Code::timeout, pid, fmt::format("it does not answer within {} s", patience.count()),
                 "look whether it is stopped");
}

/// Its parent has not heard of it yet. Its descriptors are gone, and their list is root's.
bool has_ended(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string row; std::getline(status, row);)
    if (row.starts_with("State:")) return row.find('Z') != std::string::npos;
  return false;
}

Error cannot_list(pid_t pid, const std::error_code& error) {
  if (has_ended(pid))
    return problem(Code::invalid_argument, pid, "it has ended", "give the PID of a rank on this host");
  if (error == std::errc::no_such_file_or_directory || error == std::errc::no_such_process)
    return problem(Code::invalid_argument, pid, "there is none, or it has just ended",
                   "give the PID of a rank on this host");
  if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted)
    return problem(Code::invalid_usage, pid, "it belongs to another user: " + error.message(),
                   "run this as that user, or as root");
  return problem(Code::system_error, pid, "its descriptors cannot be listed: " + error.message(),
                 "look at /proc and ulimit -n");
}

/// "socket:[4711]" for each socket that the process has open.
Result<std::set<std::string>> sockets_of(pid_t pid) {
  std::set<std::string> sockets;
  std::error_code error;
  fs::directory_iterator at(fmt::format("/proc/{}/fd", pid), error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    std::error_code closed;  // in the meantime
    const std::string target = fs::read_symlink(at->path(), closed).string();
    if (target.starts_with("socket:[")) sockets.insert(target);
  }
  if (error) return cannot_list(pid, error);
  return sockets;
}

bool is_status_socket(const fs::path& path) {
  return path.filename() == status_socket_name && path.parent_path().filename().string().starts_with("treering-");
}

/// Where the process may listen for us, in its own view of the file system. Several: a child process may hold its
/// parent's socket, too.
Result<std::vector<std::string>> status_sockets_of(pid_t pid) {
  const auto sockets = sockets_of(pid);
  if (!sockets) return sockets.error();
  std::vector<std::string> paths;
  std::ifstream table(fmt::format("/proc/{}/net/unix", pid));
  for (std::string row; std::getline(table, row);) {
    std::istringstream words(row);
    std::string number, references, protocol, flags, type, state, inode, path;
    words >> number >> references >> protocol >> flags >> type >> state >> inode >> path;
    if (is_status_socket(path) && sockets->contains(fmt::format("socket:[{}]", inode))) paths.push_back(path);
  }
  if (!paths.empty()) return paths;
  return problem(Code::invalid_argument, pid, "it has no status socket: it does not use Treering, or not yet",
                 "give the PID of a rank; with `treering-perf --np`, ranks are its children");
}

/// Zero if there is none left, which poll() takes for "look once".
std::chrono::microseconds left_until(Clock::time_point deadline) {
  return std::max(std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()),
                  std::chrono::microseconds(0));
}

/// An error number, 0 if it is connected.
int connect_to(const Descriptor& socket, const std::string& path, Clock::time_point deadline) {
  const sockaddr_un address = unix_address(path);
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  const auto us = std::max<std::int64_t>(left_until(deadline).count(), 1);  // 0 would be for ever
  const timeval left{us / 1'000'000, us % 1'000'000};
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &left, sizeof left);  // that of connect(), too
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

/// Paths lead through folders of the process, which may be links to anywhere: only the kernel says who listens there.
bool is_process(const Descriptor& socket, pid_t pid) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && peer.pid == pid &&
         (geteuid() == 0 || peer.uid == geteuid());
}

Result<Descriptor> connected(pid_t pid, const std::vector<std::string>& paths, Clock::time_point deadline) {
  std::string why;
  for (const std::string& path : paths) {
    // In a container, the path means something there.
    for (const std::string& where : {fmt::format("/proc/{}/root{}", pid, path), path}) {
      Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const int error = made ? connect_to(made, where, deadline) : errno;
      if (error == EAGAIN || error == EINPROGRESS) return does_not_answer(pid);
      if (error == 0 && is_process(made, pid)) return made;
      why = fmt::format("{}: {}", path, error != 0 ? std::strerror(error) : "another process listens there");
    }
  }
  return problem(Code::system_error, pid, plain_line(why), "look whether it is ending, or a child of the rank's");
}

/// All that comes until the other side hangs up, or more than most_bytes.
Result<std::string> received(pid_t pid, const Descriptor& socket, Clock::time_point deadline) {
  std::string text;
  char part[4096];
  while (text.size() <= most_bytes) {
    pollfd news{socket.get(), POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left_until(deadline)).count();
    const int ready = poll(&news, 1, static_cast<int>(ms));
    if (ready == 0 || Clock::now() > deadline) return does_not_answer(pid);
    const ssize_t got = ready < 0 ? -1 : recv(socket.get(), part, sizeof part, MSG_DONTWAIT);
    if (got == 0) break;
    if (got > 0)
      text.append(part, static_cast<std::size_t>(got));
    else if (errno != EINTR && errno != EAGAIN)
      return problem(Code::system_error, pid, fmt::format("reading what it says: {}", std::strerror(errno)),
                     "look whether it has ended");
  }
  return text;
}

/// Without the end line that says it is whole; for a terminal.
std::string readable(std::string_view text) {
  if (text.ends_with(status_end)) return plain_lines(text.substr(0, text.size() - status_end.size()));
  return plain_lines(text.substr(0, most_bytes)) + "\n..., cut\n";
}

}  // namespace

Result<std::string> job_text(std::string_view pid) {
  pid_t number = 0;
  const auto [end, error] = std::from_chars(pid.data(), pid.data() + pid.size(), number);
  if (error != std::errc() || end != pid.data() + pid.size() || number <= 0)
    return Error{Code::invalid_argument, fmt::format("'{}' is no PID (a number above 0) give that of a rank", pid)};
  const auto paths = status_sockets_of(number);
  if (!paths) return paths.error();
  const auto deadline = Clock::now() + patience;
  const auto socket = connected(number, *paths, deadline);
  if (!socket) return socket.error();
  const auto text = received(number, *socket, deadline);
  if (!text) return text.error();
  if (text->empty())
    return problem(Code::invalid_usage, number, "it hung up: it tells its own user and root", "run this as that user");
  return readable(*text);
}

}  // namespace treering::topo
