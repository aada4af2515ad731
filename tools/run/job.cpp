#include "tools/run/job.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "family/family.hpp"
#include "tools/run/agent_link.hpp"
#include "tools/run/output.hpp"

namespace treering::run {
namespace {

using Clock = std::chrono::steady_clock;

/// Agents that were told to end their ranks do so in a second or two, unless their host is lost.
constexpr std::chrono::seconds time_to_end{8};

std::vector<std::pair<std::string, std::string>> carried_environment(const Settings& settings) {
  std::vector<std::pair<std::string, std::string>> carried;
  for (char** variable = environ; *variable; ++variable) {
    const std::string text = *variable;
    if (!text.starts_with("TREERING_") && !text.starts_with("NCCL_")) continue;
    carried.emplace_back(text.substr(0, text.find('=')), text.substr(text.find('=') + 1));
  }
  for (const std::string& wanted : settings.carried) {
    const std::size_t sign = wanted.find('=');
    const std::string name = wanted.substr(0, sign);
    if (sign != std::string::npos) {
      carried.emplace_back(name, wanted.substr(sign + 1));
    } else if (const char* value = std::getenv(name.c_str())) {
      carried.emplace_back(name, value);
    }
  }
  return carried;
}

/// The remote shell takes it apart again.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

class Job {
 public:
  // A family of nobody: it takes the signals.
  explicit Job(const Settings& settings)
      : settings_(settings), signals_({.processes = 0}), output_(settings.ranks(), settings.tag) {
    signal(SIGPIPE, SIG_IGN);
    for (const Share& share : settings.shares) agents_.emplace_back(share);
  }

  int run() {
    start();
    while (std::ranges::any_of(agents_, &AgentLink::is_open)) {
      wait();
      pursue_the_end();
    }
    return status_.value_or(exit_ok);
  }

 private:
  void start() {
    Assignment assignment;
    assignment.ranks = settings_.ranks();
    assignment.processors = settings_.processors;
    assignment.directory = settings_.directory;
    assignment.environment = carried_environment(settings_);
    assignment.command = settings_.command;
    for (AgentLink& agent : agents_) {
      if (auto started = agent.start(command_for(agent.share().host)); !started) {
        fail(exit_failure, started.error().message);
        return end_all();
      }
      assignment.first = agent.share().first;
      assignment.count = agent.share().count;
      assignment.makes_id = assignment.first == 0;
      agent.send(Frame::job, encoded(assignment));
    }
  }

  std::vector<std::string> command_for(const std::string& host) const {
    if (is_here(host)) return {"/proc/self/exe", "--agent"};
    std::vector<std::string> words = settings_.ssh;
    words.insert(words.end(), {host, quoted(settings_.remote_path) + " --agent"});
    return words;
  }

  void wait() {
    std::vector<pollfd> watched = {{signals_.descriptor(), POLLIN, 0}, {may_read() ? STDIN_FILENO : -1, POLLIN, 0}};
    for (const AgentLink& agent : agents_) watched.insert(watched.end(), {agent.readable(), agent.writable()});
    poll(watched.data(), watched.size(), deadline_ ? 50 : is_background() ? 500 : -1);
    while (const auto signal = signals_.take_signal()) take_signal(*signal);
    if (watched[1].revents) pass_input();
    for (std::size_t k = 0; k < agents_.size(); ++k) {
      if (watched[3 + 2 * k].revents) agents_[k].flush();
      if (watched[2 + 2 * k].revents && agents_[k].is_open()) listen_to(agents_[k]);
    }
  }

  // A job in the background of a terminal would be stopped if it read there.
  static bool is_background() { return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp(); }
  bool may_read() const {
    return started_ && input_is_open_ && input_under_way_ < input_window_bytes && !is_background();
  }

  void pass_input() {
    std::array<char, input_window_bytes> part;
    const ssize_t got = read(STDIN_FILENO, part.data(), input_window_bytes - input_under_way_);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    const std::size_t bytes = got > 0 ? static_cast<std::size_t>(got) : 0;
    input_is_open_ = bytes > 0;
    input_under_way_ += bytes;
    agents_.front().send(Frame::input, {part.data(), bytes});
  }

  void take_signal(int signal) {
    for (AgentLink& agent : agents_) agent.send(Frame::signal, number_text(static_cast<std::uint32_t>(signal)));
    if (signal == SIGUSR1 || signal == SIGUSR2) return;  // the ranks know what they mean
    const bool again = told_to_stop_ || !started_;
    told_to_stop_ = true;
    fail(128 + signal, "");
    if (again) end_all();
  }

  void listen_to(AgentLink& agent) {
    const bool more = agent.receive();
    while (auto frame = agent.next()) take(agent, frame->first, frame->second);
    if (!more) lost(agent);
  }

  void take(AgentLink& agent, Frame kind, const std::string& contents) {
    switch (kind) {
      case Frame::ready:
        agent.is_ready = true;
        if (!contents.empty()) id_ = contents;
        start_ranks();
        return;
      case Frame::output: {
        const auto rank = number_in(contents), stream = number_in(std::string_view(contents).substr(4));
        if (!is_rank(static_cast<int>(rank)) || stream < 1 || stream > 2) return;
        if (!output_.take(static_cast<int>(rank), static_cast<int>(stream), std::string_view(contents).substr(8)))
          nobody_reads();
        return;
      }
      case Frame::taken: input_under_way_ -= std::min<std::size_t>(input_under_way_, number_in(contents)); return;
      case Frame::ended: return take_end(agent, contents);
      case Frame::failed:
        agent.running = 0;
        if (!status_) fail(exit_failure, fmt::format("host {}: {}", agent.share().host, contents));
        return end_all();
      default: return;
    }
  }

  bool is_rank(int rank) const { return rank >= 0 && rank < settings_.ranks(); }

  /// None before all hosts are ready: ranks wait for others for a limited time.
  void start_ranks() {
    if (started_ || is_ending_ || !std::ranges::all_of(agents_, &AgentLink::is_ready)) return;
    started_ = true;
    for (AgentLink& agent : agents_) agent.send(Frame::start, id_);
  }

  void take_end(AgentLink& agent, const std::string& contents) {
    const auto end = decoded_end(contents);
    if (!end || !is_rank(end->rank)) return;
    --agent.running;
    if (!output_.end(end->rank)) nobody_reads();
    if (end->status == 0 || is_ending_) return;
    const std::string who = fmt::format("rank {} on {} (pid {})", end->rank, agent.share().host, end->pid);
    fail(end->status, end->signal != 0
                          ? fmt::format("{} was killed by signal {} ({})", who, end->signal, strsignal(end->signal))
                          : fmt::format("{} ended with status {}", who, end->status));
  }

  void lost(AgentLink& agent) {
    const std::string version = agent.other_version();
    const std::string how = agent.close();
    const std::string& host = agent.share().host;
    if (agent.running == 0 || is_ending_) return;
    if (!version.empty())
      fail(exit_failure, fmt::format("host {} has treering-run {} (this is {}) install one release on all hosts", host,
                                     version, TREERING_VERSION));
    else if (!agent.has_greeted())
      fail(exit_failure, fmt::format("no treering-run on host {} ({} ended with {}) see that `{} {}` works without a "
                                     "password, and that {} is there, or say --remote-path",
                                     host, is_here(host) ? "it" : settings_.ssh.front(), how, settings_.ssh.front(),
                                     host, settings_.remote_path));
    else
      fail(exit_failure, fmt::format("lost host {} with {} of its ranks (the connection ended with {}) see whether it "
                                     "still runs, and its log",
                                     host, agent.running, how));
    if (!started_) end_all();
  }

  void nobody_reads() {
    fail(128 + SIGPIPE, "");
    end_all();
  }

  /// The first failure counts. The others may still report it, until their time is over.
  void fail(int status, const std::string& what) {
    if (status_) return;
    status_ = status;
    deadline_ = Clock::now() + settings_.grace;
    if (!what.empty()) fmt::print(stderr, "treering-run: {}\n", what);
  }

  void end_all() {
    if (is_ending_) return;
    is_ending_ = true;
    deadline_ = Clock::now() + time_to_end;
    for (AgentLink& agent : agents_) agent.send(Frame::end);
  }

  void pursue_the_end() {
    if (!deadline_ || Clock::now() < *deadline_) return;
    if (!is_ending_) return end_all();
    for (AgentLink& agent : agents_)
      if (agent.is_open()) agent.close();
  }

  const Settings& settings_;
  ProcessFamily signals_;
  Output output_;
  std::vector<AgentLink> agents_;
  std::string id_;
  bool started_ = false;
  bool input_is_open_ = true;
  std::size_t input_under_way_ = 0;
  bool told_to_stop_ = false;
  bool is_ending_ = false;
  std::optional<int> status_;                  ///< of the first failure
  std::optional<Clock::time_point> deadline_;  ///< of the survivors; then of their agents
};

}  // namespace

int run_job(const Settings& settings) {
  return Job(settings).run();
}

}  // namespace treering::run
