#include "topology/infiniband/live/live_fabric.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>

#include "topology/infiniband/live/subnet.hpp"
#include "topology/json.hpp"

namespace treering::topology {
namespace {

using Clock = std::chrono::steady_clock;

// What the child writes: one of these, then the topology as a file, or the message.
constexpr char topology_mark = 'T';
constexpr char system_mark = 'S';
constexpr char invalid_mark = 'I';

std::string answer(const FabricSearch& search, const Limits& limits) {
  const auto refused = [](const Error& error) {
    return (error.code == Code::system_error ? system_mark : invalid_mark) + error.message;
  };
  const auto fabric = subnet(search, limits);
  if (!fabric) return refused(fabric.error());
  const auto topology = topology_of(*fabric, limits);
  if (!topology) return refused(topology.error());
  return topology_mark + json_of(*topology);
}

[[noreturn]] void answer_and_exit(int to, const FabricSearch& search, const Limits& limits) {
  const int nowhere = ::open("/dev/null", O_RDWR);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  const std::string text = answer(search, limits);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = ::write(to, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) ::_exit(1);
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  ::_exit(0);  // not exit(): what the parent has registered for its end is not the child's
}

/// A child that asks the fabric; ended with this if it has not ended before.
class Child {
 public:
  Child(const FabricSearch& search, const Limits& limits) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    process_ = ::fork();
    if (process_ == 0) answer_and_exit(ends[1], search, limits);
    ::close(ends[1]);
    from_ = ends[0];
  }
  ~Child() {
    if (from_ >= 0) ::close(from_);
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool is_there() const { return process_ > 0; }

  /// All that it writes. Fails with Code::timeout.
  Result<std::string> text(Clock::time_point deadline) {
    std::string text;
    std::array<char, 65536> bytes;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      pollfd readable{.fd = from_, .events = POLLIN, .revents = 0};
      const int ready = left > 0 ? ::poll(&readable, 1, static_cast<int>(std::min<long>(left, 1'000'000))) : 0;
      if (left <= 0) {
        return Error{Code::timeout,
                     "the InfiniBand fabric has not been asked in time (it is large, or does not answer) "
                     "allow more time, or use the output of ibnetdiscover"};
      }
      if (ready <= 0) continue;
      const ssize_t count = ::read(from_, bytes.data(), bytes.size());
      if (count == 0) return text;
      if (count > 0) text.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  pid_t process_ = -1;
  int from_ = -1;
};

}  // namespace

Result<Topology> live_fabric(const FabricSearch& search, const Limits& limits) {
  const Clock::time_point deadline = Clock::now() + search.deadline;
  Child child(search, limits);
  if (!child.is_there()) {
    return Error{
        Code::system_error,
        fmt::format("no process can be made to ask the InfiniBand fabric ({}) end some others", std::strerror(errno))};
  }
  auto text = child.text(deadline);
  if (!text) return std::move(text).error();
  const std::string_view said = *text;
  if (said.starts_with(topology_mark)) return topology_from_json(said.substr(1), "the fabric", limits);
  if (said.empty()) {
    return Error{Code::system_error,
                 "the process that asked the InfiniBand fabric has died (libibnetdisc has a defect, or "
                 "memory is short) use the output of ibnetdiscover"};
  }
  return Error{said.starts_with(system_mark) ? Code::system_error : Code::invalid_argument,
               std::string(said.substr(1))};
}

}  // namespace treering::topology
