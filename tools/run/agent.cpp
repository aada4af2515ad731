#include "tools/run/agent.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "family/family.hpp"
#include "startup/id_series.hpp"
#include "startup/launch.hpp"
#include "tools/run/frames.hpp"

namespace treering::run {
namespace {

constexpr int exit_not_executable = 126, exit_not_found = 127;

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> new_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return Error{Code::system_error, fmt::format("no pipe for a rank's output ({}) raise ulimit -n, or start fewer "
                                                 "ranks a host",
                                                 std::strerror(errno))};
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// What a rank writes.
struct Streams {
  Pipe out, error;
};

class Agent {
 public:
  int run() {
    if (!say_all(greeting()) || !await_assignment()) return EXIT_FAILURE;
    if (auto begun = begin(); !begun) {
      say(Frame::failed, begun.error().message);
      return EXIT_FAILURE;
    }
    while (family_->is_running()) {
      wait();
      for (const ProcessFamily::Ended& one : family_->reap()) take_end(one);
    }
    return EXIT_SUCCESS;
  }

 private:
  bool await_assignment() {
    while (!is_orphan_) {
      take_orders();
      if (assignment_.count > 0) return true;
    }
    return false;
  }

  Result<void> begin() {
    raise_limit();
    for (const auto& [name, value] : assignment_.environment) setenv(name.c_str(), value.c_str(), 1);
    if (chdir(assignment_.directory.c_str()) != 0)
      return Error{Code::invalid_usage, fmt::format("the ranks cannot work in {} ({}) start in a directory that all "
                                                    "hosts have, or say --wdir",
                                                    assignment_.directory, std::strerror(errno))};
    if (auto piped = open_pipes(); !piped) return piped;
    family_ = std::make_unique<ProcessFamily>(
        FamilySettings{.processes = assignment_.count,
                       .processors = processors(),
                       .own_groups = true,
                       .child = [this](int index, const std::string& id) { return become_rank(index, id); }});
    if (auto started = family_->start(); !started) return started;
    signal(SIGPIPE, SIG_IGN);
    for (Streams& streams : streams_) streams.out.write.reset(), streams.error.write.reset();
    input_.read.reset();
    std::string id;
    if (assignment_.makes_id) {
      const auto made = make_id_series();
      if (!made) return made.error();
      id = to_hex(*made);
    }
    say(Frame::ready, id);
    return {};
  }

  Result<void> open_pipes() {
    for (int index = 0; index < assignment_.count; ++index) {
      auto out = new_pipe(), error = new_pipe();
      if (!out) return std::move(out).error();
      if (!error) return std::move(error).error();
      for (const Pipe* pipe : {&*out, &*error}) fcntl(pipe->read.get(), F_SETFL, O_NONBLOCK);
      streams_.push_back({*std::move(out), *std::move(error)});
    }
    if (assignment_.first != 0) return {};
    auto input = new_pipe();
    if (!input) return std::move(input).error();
    input_ = *std::move(input);
    fcntl(input_.write.get(), F_SETFL, O_NONBLOCK);
    return {};
  }

  /// Three pipes a rank. The ranks get back what there was: programs that select() cannot do with more.
  void raise_limit() {
    getrlimit(RLIMIT_NOFILE, &limit_);
    rlimit most = limit_;
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
  }

  int processors() const {
    return assignment_.processors >= 0 ? assignment_.processors : offered_processors() / assignment_.count;
  }

  int become_rank(int index, const std::string& id) {
    const Streams& streams = streams_[static_cast<std::size_t>(index)];
    const int rank = assignment_.first + index;
    const int input = rank == 0 ? input_.read.get() : open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(input, STDIN_FILENO);
    dup2(streams.out.write.get(), STDOUT_FILENO);
    dup2(streams.error.write.get(), STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    setrlimit(RLIMIT_NOFILE, &limit_);
    setenv("TREERING_RANK", std::to_string(rank).c_str(), 1);
    setenv("TREERING_RANKS", std::to_string(assignment_.ranks).c_str(), 1);
    setenv("TREERING_LOCAL_RANK", std::to_string(index).c_str(), 1);
    setenv("TREERING_ID", id.c_str(), 1);
    setenv("TREERING_ID_SERIES", "1", 1);
    std::vector<char*> words;
    for (std::string& word : assignment_.command) words.push_back(word.data());
    words.push_back(nullptr);
    execvp(words[0], words.data());
    const int reason = errno;
    if (index == 0)  // the others would say the same
      fmt::print(stderr,
                 "treering-run: cannot start {} ({}) name a program that all hosts have, by its whole path if "
                 "it is not in PATH\n",
                 words[0], std::strerror(reason));
    std::fflush(stderr);
    _exit(reason == ENOENT ? exit_not_found : exit_not_executable);
  }

  void wait() {
    std::vector<pollfd> watched = {{STDIN_FILENO, POLLIN, 0}, {family_->descriptor(), POLLIN, 0}};
    if (is_orphan_) watched[0].fd = -1;
    watched.push_back({waiting_input_.empty() ? -1 : input_.write.get(), POLLOUT, 0});
    for (const Streams& streams : streams_) {
      watched.push_back({streams.out.read.get(), POLLIN, 0});
      watched.push_back({streams.error.read.get(), POLLIN, 0});
    }
    poll(watched.data(), watched.size(), family_->is_ending() ? 50 : -1);
    if (watched[0].revents) take_orders();
    while (const auto signal = family_->take_signal()) end_with(*signal);
    if (watched[2].revents) pass_input();
    for (std::size_t k = 0; k < streams_.size(); ++k) {
      if (watched[3 + 2 * k].revents) pass_output(k, STDOUT_FILENO);
      if (watched[4 + 2 * k].revents) pass_output(k, STDERR_FILENO);
    }
    family_->escalate();
  }

  void take_orders() {
    std::array<char, 65536> part;
    const ssize_t got = read(STDIN_FILENO, part.data(), part.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got > 0) orders_.take({part.data(), static_cast<std::size_t>(got)});
    while (auto order = orders_.next()) obey(order->first, order->second);
    if (got <= 0 || orders_.is_broken()) {  // whoever gives orders has died, or the connection to it
      is_orphan_ = true;
      end_with(SIGTERM);
    }
  }

  void obey(Frame kind, const std::string& contents) {
    if (kind == Frame::job) {
      if (auto found = decoded_assignment(contents)) assignment_ = *std::move(found);
      return;
    }
    if (!family_) return;
    if (kind == Frame::start) family_->hand_out(contents);
    if (kind == Frame::signal) family_->pass_on(static_cast<int>(number_in(contents)));
    if (kind == Frame::end) family_->end();
    if (kind == Frame::input) {
      input_ends_ = input_ends_ || contents.empty();
      waiting_input_ += contents;
      pass_input();
    }
  }

  void end_with(int signal) {
    if (!family_) return;
    if (signal != SIGTERM) family_->pass_on(signal);
    if (!family_->is_ending()) family_->end();
  }

  void pass_input() {
    if (!waiting_input_.empty() && input_.write) {
      const ssize_t put = write(input_.write.get(), waiting_input_.data(), waiting_input_.size());
      if (put > 0) {
        waiting_input_.erase(0, static_cast<std::size_t>(put));
        say(Frame::taken, number_text(static_cast<std::uint32_t>(put)));
      } else if (errno != EAGAIN && errno != EINTR) {
        input_ends_ = true;  // it reads no more
        waiting_input_.clear();
      }
    }
    if (input_ends_ && waiting_input_.empty()) input_.write.reset();
  }

  /// True: there may be more.
  bool pass_output(std::size_t index, int stream) {
    Descriptor& from = stream == STDOUT_FILENO ? streams_[index].out.read : streams_[index].error.read;
    std::array<char, 65536> part;
    const ssize_t got = from ? read(from.get(), part.data(), part.size()) : -1;
    if (got > 0) {
      const int rank = assignment_.first + static_cast<int>(index);
      say(Frame::output, number_text(static_cast<std::uint32_t>(rank)) +
                             number_text(static_cast<std::uint32_t>(stream)) +
                             std::string(part.data(), static_cast<std::size_t>(got)));
      return true;
    }
    if (got == 0) from.reset();
    return false;
  }

  void take_end(const ProcessFamily::Ended& one) {
    const auto index = static_cast<std::size_t>(one.index);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
      while (pass_output(index, stream)) {
      }
    streams_[index] = {};
    say(Frame::ended, encoded(End{assignment_.first + one.index, one.pid, one.status, one.signal}));
  }

  void say(Frame kind, std::string_view contents) {
    if (is_orphan_ || say_all(framed(kind, contents))) return;
    is_orphan_ = true;
    end_with(SIGTERM);
  }

  static bool say_all(std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = write(STDOUT_FILENO, text.data(), text.size());
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

  Assignment assignment_;
  rlimit limit_{};
  std::vector<Streams> streams_;
  Pipe input_;  ///< of rank 0
  std::string waiting_input_;
  bool input_ends_ = false;
  FrameReader orders_;
  bool is_orphan_ = false;  ///< nobody gives orders any more, or listens
  std::unique_ptr<ProcessFamily> family_;
};

}  // namespace

int run_agent() {
  return Agent().run();
}

}  // namespace treering::run
