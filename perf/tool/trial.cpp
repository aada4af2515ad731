#include "trial.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "command_line.hpp"
#include "console.hpp"
#include "cores.hpp"
#include "job.hpp"
#include "launcher.hpp"
#include "options/options.hpp"
#include "report.hpp"
#include "sweep.hpp"
#include "treering/communicator.hpp"

namespace treering::perf {
namespace {

/// Plans of long vectors try ways to store with their first operations (src/execution/store_trial.hpp).
constexpr std::uint64_t operations_that_try = 16;

/// Some hundredths of a second, where calls are not longer themselves.
std::uint64_t iterations_for(std::uint64_t bytes) {
  constexpr std::uint64_t most = 300, least = 5, bytes_in_all = std::uint64_t{64} << 20;
  return std::clamp(bytes_in_all / std::max<std::uint64_t>(bytes, 1), least, most);
}

Result<void> time_sizes(const UniqueId& id, Rank rank, const Trial& trial, double* times_us) {
  auto communicator = Communicator::create(id, rank, trial.ranks);
  if (!communicator) return communicator.error();
  for (const std::uint64_t bytes : trial.sizes_bytes) {
    Settings settings;
    settings.sweep = {.first_bytes = bytes, .last_bytes = bytes};
    settings.iterations = iterations_for(bytes);
    settings.warmup = std::clamp<std::uint64_t>(settings.iterations, operations_that_try, 50);
    settings.checks = 0;
    Console console(false);
    Report report;
    if (auto done = sweep(*communicator, settings, console, report); !done) return done;
    if (rank != 0) continue;
    *times_us++ = report.lines.at(0).out_of_place->samples_us.p50;
  }
  return communicator->finalize();
}

int run_ranks(const Trial& trial, double* times_us) {
  keep_cores(trial.cores);
  setenv("TREERING_TRANSPORT", trial.transport.c_str(), 1);
  setenv("TREERING_ALGORITHM", trial.algorithm == "auto" ? "auto" : ("all-reduce:" + trial.algorithm).c_str(), 1);
  if (trial.algorithm != "auto") setenv("TREERING_CONSTANTS", "none", 1);  // nothing is chosen by them
  if (options().transport != trial.transport) {
    fmt::print(stderr, "treering-perf: a trial over {} would go over {} (this process has read its options before)\n",
               trial.transport, options().transport);
    return exit_failure;
  }
  Launch family;
  family.processes = trial.ranks;
  family.share = shared_id;
  family.child = [&](int index, const std::string& shared) -> int {
    const auto id = id_of(shared);
    if (!id) return exit_failure;
    const auto done = time_sizes(*id, index, trial, times_us);
    if (done) return exit_ok;
    fmt::print(stderr, "treering-perf: rank {}: {}\n", index, done.error().message);
    return exit_failure;
  };
  return launch(family);
}

}  // namespace

std::optional<std::vector<double>> times_us(const Trial& trial) {
  const std::size_t bytes = trial.sizes_bytes.size() * sizeof(double);
  void* const shared = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return std::nullopt;
  auto* const times = static_cast<double*>(shared);
  std::fflush(nullptr);
  const pid_t launcher = fork();
  if (launcher == 0) std::exit(run_ranks(trial, times));
  int status = -1;
  if (launcher > 0) waitpid(launcher, &status, 0);
  std::optional<std::vector<double>> found;
  if (launcher > 0 && WIFEXITED(status) && WEXITSTATUS(status) == exit_ok)
    found.emplace(times, times + trial.sizes_bytes.size());
  munmap(shared, bytes);
  return found;
}

}  // namespace treering::perf
