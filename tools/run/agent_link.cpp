#include "tools/run/agent_link.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace treering::run {
namespace {

constexpr std::chrono::seconds time_to_close{3};

/// With no signal blocked or ignored, whatever we do with them.
int spawn(pid_t& pid, const std::vector<std::string>& command, int input, int output) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &all);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int failed = posix_spawnp(&pid, words[0], &files, &how, words.data(), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

}  // namespace

Result<void> AgentLink::start(const std::vector<std::string>& command) {
  int in[2], out[2];
  int failed = 0;
  if (pipe2(in, O_CLOEXEC) != 0) {
    failed = errno;
  } else {
    const Descriptor input(in[0]);
    to_.reset(in[1]);
    if (pipe2(out, O_CLOEXEC) != 0) {
      failed = errno;
    } else {
      from_.reset(out[0]);
      const Descriptor output(out[1]);
      failed = spawn(pid_, command, input.get(), output.get());
    }
  }
  if (failed != 0) {
    from_.reset();
    return Error{Code::system_error, fmt::format("host {} cannot be started ({}: {}) see that it is installed, or say "
                                                 "--ssh",
                                                 share_.host, command.front(), std::strerror(failed))};
  }
  for (const Descriptor* end : {&to_, &from_}) fcntl(end->get(), F_SETFL, O_NONBLOCK);
  running = share_.count;
  return {};
}

void AgentLink::send(Frame kind, std::string_view contents) {
  if (!is_open()) return;
  queue_ += framed(kind, contents);
  flush();
}

void AgentLink::flush() {
  while (!queue_.empty() && to_) {
    const ssize_t put = write(to_.get(), queue_.data(), queue_.size());
    if (put > 0) {
      queue_.erase(0, static_cast<std::size_t>(put));
    } else if (errno != EINTR) {
      if (errno != EAGAIN) queue_.clear();  // it has gone, as receive() will find
      return;
    }
  }
}

bool AgentLink::receive() {
  std::array<char, 65536> part;
  const ssize_t got = read(from_.get(), part.data(), part.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) return false;
  const std::string_view bytes(part.data(), static_cast<std::size_t>(got));
  if (greeted_) {
    frames_.take(bytes);
  } else {
    before_greeting_ += bytes;
    take_greeting();
  }
  return !frames_.is_broken() && other_version_.empty();
}

void AgentLink::take_greeting() {
  // What a shell's start-up files say comes first.
  const std::size_t at = before_greeting_.find(greeting_begin);
  const std::size_t end = at == std::string::npos ? at : before_greeting_.find('\n', at + 1);
  if (end == std::string::npos) return;
  const std::string said = before_greeting_.substr(at, end + 1 - at);
  if (said != greeting()) {
    other_version_ = said.substr(greeting_begin.size(), said.size() - greeting_begin.size() - 1);
    return;
  }
  greeted_ = true;
  frames_.take(std::string_view(before_greeting_).substr(end + 1));
  before_greeting_.clear();
}

std::string AgentLink::close() {
  to_.reset();
  from_.reset();
  int status = 0;
  if (pid_ < 0) return "not started";
  const auto deadline = std::chrono::steady_clock::now() + time_to_close;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? fmt::format("killed by signal {}", WTERMSIG(status))
                             : fmt::format("status {}", WEXITSTATUS(status));
}

}  // namespace treering::run
