#include "job.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>

#include "console.hpp"
#include "exchange.hpp"
#include "launcher.hpp"
#include "replay.hpp"
#include "report.hpp"
#include "sweep.hpp"
#include "treering/communicator.hpp"

namespace treering::perf {
namespace {

/// Where the ranks of this process belong.
struct Place {
  UniqueId id;
  Rank first = 0;  ///< of this process; the others follow
  Rank ranks = 1;
};

struct Card {  // a Member, as it travels
  std::int32_t pid, thread;
  char host[64];
};

Configuration configuration_of(const Settings& settings) {
  Configuration configuration;
  configuration.name = "treering-perf";
  configuration.operation_timeout = std::chrono::seconds(settings.timeout_s);
  return configuration;
}

Result<Job> introduce(Communicator& communicator, int thread) {
  Card mine{getpid(), thread, {}};
  gethostname(mine.host, sizeof mine.host - 1);
  const auto cards = gather(communicator, mine);
  if (!cards) return cards.error();
  Job job;
  job.summary = communicator.summary();
  job.cores = static_cast<int>(std::thread::hardware_concurrency());
  for (std::size_t rank = 0; rank < cards->size(); ++rank) {
    const Card& card = (*cards)[rank];
    job.members.push_back({static_cast<int>(rank), card.pid, card.thread, card.host});
  }
  return job;
}

std::string memory_text() {
  std::ifstream status("/proc/self/status");
  std::string text;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM") || line.starts_with("RssShmem"))
      text += fmt::format("# Memory of rank 0's process: {}\n", line);
  }
  return text;
}

Result<void> measure(Communicator& communicator, int thread, const Settings& settings, Report& report) {
  Console console(communicator.rank() == 0);
  Result<Job> job = introduce(communicator, thread);
  if (!job) return std::move(job).error();
  report.job = std::move(*job);
  console.print(header_text(settings, report.job));
  Result<void> run = settings.traffic_file.empty() ? sweep(communicator, settings, console, report)
                                                   : replay(communicator, settings, console, report);
  if (!run) return run;
  if (settings.memory_report) console.print(memory_text());
  return communicator.finalize();
}

bool write_file(const std::string& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (stream) return true;
  fmt::print(stderr, "treering-perf: cannot write {} ({}) give a path that can be written\n", file,
             std::strerror(errno));
  return false;
}

bool write_files(const Settings& settings, const Report& report) {
  bool written = true;
  if (!settings.json_file.empty()) written = write_file(settings.json_file, json_text(settings, report));
  if (!settings.csv_file.empty()) written = write_file(settings.csv_file, csv_text(report.lines)) && written;
  return written;
}

int status_of(const Report& report) {
  if (lines_out_of_bounds(report.lines) > 0) return exit_wrong;
  return is_too_slow(average_bus_bw(report.lines), minimum_bus_bw()) ? exit_wrong : exit_ok;
}

int status_of(const Error& error) {
  return error.code == Code::invalid_argument ? exit_usage : exit_failure;
}

Report new_report(const std::vector<std::string>& args) {
  Report report;
  report.args = args;
  for (char** variable = environ; *variable; ++variable) {
    // Only what changes results; and no secrets, such as the id of the job.
    const std::string text = *variable;
    const bool ours = text.starts_with("TREERING_") || text.starts_with("NCCL_");
    if (ours && !text.starts_with("TREERING_ID=")) report.environment.push_back(text);
  }
  report.start_time = time_text();
  return report;
}

/// One rank from its first word to its last. Errors are said here.
int run_rank(Result<Communicator> communicator, Rank rank, int thread, const Settings& settings,
             const std::vector<std::string>& args) {
  const auto failed = [&](const Error& error) {
    fmt::print(stderr, "treering-perf: rank {} (pid {}): {}\n", rank, getpid(), error.message);
    return status_of(error);
  };
  if (!communicator) return failed(communicator.error());
  Report report = new_report(args);
  const Result<void> measured = measure(*communicator, thread, settings, report);
  int status = status_of(report);
  if (!measured) {
    if (communicator->failure() && measured.error().code != Code::invalid_argument)
      communicator->abort();  // nobody waits for us
    report.failure = measured.error().message;
    status = failed(measured.error());
  }
  report.end_time = time_text();
  if (rank == 0 && !write_files(settings, report)) status = std::max<int>(status, exit_usage);
  return rank == 0 || !measured ? status : exit_ok;
}

int run_threads(const Place& place, const Settings& settings, const std::vector<std::string>& args) {
  const auto count = static_cast<std::size_t>(settings.ranks_per_process());
  std::vector<int> statuses(count, exit_failure);
  std::vector<std::thread> threads;
  const auto run = [&](std::size_t k) {
    const Rank rank = place.first + static_cast<Rank>(k);
    statuses[k] = run_rank(Communicator::create(place.id, rank, place.ranks, configuration_of(settings)), rank,
                           static_cast<int>(k), settings, args);
  };
  for (std::size_t k = 1; k < count; ++k) threads.emplace_back(run, k);
  run(0);
  for (std::thread& thread : threads) thread.join();
  return *std::max_element(statuses.begin(), statuses.end());
}

int refuse(const Error& error) {
  fmt::print(stderr, "treering-perf: {}\n", error.message);
  return status_of(error);
}

/// --np: the launcher makes the id after it has forked, for a process with threads cannot be forked safely.
int run_launched(const Settings& settings, const std::vector<std::string>& args) {
  Launch family;
  family.processes = settings.processes;
  family.threads = settings.ranks_per_process();
  family.share = shared_id;
  family.child = [&](int index, const std::string& shared) {
    const auto id = id_of(shared);
    if (!id) return static_cast<int>(exit_failure);
    const Place place{*id, index * settings.ranks_per_process(), settings.processes * settings.ranks_per_process()};
    return run_threads(place, settings, args);
  };
  return launch(family);
}

/// A job that somebody else has started, or this process alone. With threads, the processes first meet to agree on an
/// id.
int run_invited(const Settings& settings, const std::vector<std::string>& args) {
  Result<Communicator> processes = Communicator::from_environment(configuration_of(settings));
  if (!processes) return refuse(processes.error());
  const Rank index = processes->rank();
  if (settings.ranks_per_process() == 1) return run_rank(std::move(processes), index, 0, settings, args);

  Place place;
  if (index == 0) {
    const Result<UniqueId> id = make_unique_id();
    if (!id) return refuse(id.error());
    place.id = *id;
  }
  if (Result<void> told = processes->broadcast(place.id.bytes, 0); !told) return refuse(told.error());
  place.first = index * settings.ranks_per_process();
  place.ranks = processes->ranks() * settings.ranks_per_process();
  return run_threads(place, settings, args);
}

}  // namespace

std::string shared_id() {
  const Result<UniqueId> id = make_unique_id();
  if (!id) {
    refuse(id.error());
    return {};
  }
  return {reinterpret_cast<const char*>(id->bytes.data()), id->bytes.size()};
}

std::optional<UniqueId> id_of(const std::string& shared) {
  UniqueId id;
  if (shared.size() != id.bytes.size()) return std::nullopt;
  std::memcpy(id.bytes.data(), shared.data(), shared.size());
  return id;
}

int run_job(const Settings& settings, const std::vector<std::string>& args) {
  return settings.processes > 0 ? run_launched(settings, args) : run_invited(settings, args);
}

}  // namespace treering::perf
