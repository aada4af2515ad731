#include "startup/launch.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>

#include "options/option_values.hpp"
#include "startup/id_series.hpp"
#include "startup/rendezvous_file.hpp"

namespace treering {
namespace {

/// How a launcher tells a process who it is.
struct Launcher {
  const char* name;
  const char* rank;
  std::vector<const char*> ranks;  ///< the first that is set
  const char* local_rank;
  const char* required;          ///< another variable without which this launcher did not start us; or null
  std::vector<const char*> job;  ///< what tells the job from others
};

// The order matters: one launcher may run inside another's job, and the inner one has started us. A Slurm batch script
// is no step: programs that it starts by hand are alone.
const std::vector<Launcher>& launchers() {
  static const std::vector<Launcher> all = {
      {"treering", "TREERING_RANK", {"TREERING_RANKS"}, "TREERING_LOCAL_RANK", nullptr, {"TREERING_ID"}},
      {"torchrun",
       "RANK",
       {"WORLD_SIZE"},
       "LOCAL_RANK",
       "LOCAL_RANK",
       {"TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT", "MASTER_ADDR", "MASTER_PORT"}},
      {"Open MPI",
       "OMPI_COMM_WORLD_RANK",
       {"OMPI_COMM_WORLD_SIZE"},
       "OMPI_COMM_WORLD_LOCAL_RANK",
       nullptr,
       {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "OMPI_MCA_orte_hnp_uri"}},
      {"MPICH", "PMI_RANK", {"PMI_SIZE"}, "MPI_LOCALRANKID", "MPI_LOCALRANKID", {}},
      {"Slurm",
       "SLURM_PROCID",
       {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"},
       "SLURM_LOCALID",
       "SLURM_STEP_ID",
       {"SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT"}},
      {"MPICH", "PMI_RANK", {"PMI_SIZE"}, "MPI_LOCALRANKID", nullptr, {}},
  };
  return all;
}

std::optional<std::string> first_set(const Lookup& environment, const std::vector<const char*>& names) {
  for (const char* name : names)
    if (auto value = environment(name)) return value;
  return std::nullopt;
}

std::optional<Rank> as_rank(const std::optional<std::string>& text) {
  const auto number = text ? parse_number(*text) : std::nullopt;
  if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<Rank>::max())) return std::nullopt;
  return static_cast<Rank>(*number);
}

/// The fields of /proc/<pid>/stat after the name, which may itself hold blanks and brackets: state, parent, ...
std::vector<std::string> status_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string line(std::istreambuf_iterator<char>(file), {});
  const std::size_t bracket = line.rfind(')');
  return bracket == std::string::npos ? std::vector<std::string>{} : parts_of(line.substr(bracket + 1), ' ');
}

std::string command_of(pid_t pid) {
  std::string name;
  std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> name;
  return name;
}

/// The process of MPICH's launcher on this host, which has started all the ranks here: the other end of the socket that
/// it gave us (PMI_FD), else the nearest ancestor of that name, else our parent.
pid_t hydra_process(const Lookup& environment) {
  if (const auto fd = as_rank(environment("PMI_FD"))) {
    ucred peer{};
    socklen_t bytes = sizeof peer;
    // A process that has inherited the variable but not the descriptor finds something else there, or nothing.
    if (getsockopt(*fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && command_of(peer.pid).starts_with("hydra"))
      return peer.pid;
  }
  constexpr int deepest = 64;
  pid_t pid = getppid();
  for (int depth = 0; depth < deepest && pid > 1; ++depth) {
    if (command_of(pid).starts_with("hydra")) return pid;
    const auto status = status_of(pid);
    pid = status.size() > 1 ? static_cast<pid_t>(as_rank(status[1]).value_or(0)) : 0;
  }
  return getppid();
}

/// A name for a process that no other process of this host has had since it was started.
std::string lifetime_of(pid_t pid) {
  constexpr std::size_t start_time = 19;  // field 22 of the whole line
  const auto status = status_of(pid);
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  return boot + " " + std::to_string(pid) + " " + (status.size() > start_time ? status[start_time] : "");
}

Result<Launched> read(const Launcher& launcher, const Lookup& environment) {
  const auto rank_text = environment(launcher.rank), ranks_text = first_set(environment, launcher.ranks);
  const auto rank = as_rank(rank_text), ranks = as_rank(ranks_text);
  if (!rank || !ranks || *rank >= *ranks)
    return Error{Code::invalid_usage, std::string("the environment does not say which rank this is (") + launcher.rank +
                                          "=" + *rank_text + ", " + launcher.ranks.back() + "=" +
                                          ranks_text.value_or("not set") + ") start with " + launcher.name +
                                          " or unset " + launcher.rank};
  Launched found{*rank, *ranks, as_rank(environment(launcher.local_rank)).value_or(*rank), launcher.name,
                 launcher.name};
  for (const char* name : launcher.job) found.job += std::string("\n") + name + "=" + environment(name).value_or("");
  if (launcher.job.empty()) found.job += "\n" + lifetime_of(hydra_process(environment));
  return found;
}

std::optional<std::string> environment_of_process(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

/// An id for the n-th communicator of the job: from the launcher, made, or left by rank 0 in a file.
Result<UniqueId> id_for(const Launched& self, unsigned number) {
  const auto passed = environment_of_process("TREERING_ID");
  if (self.launcher == "treering" && passed && (number == 0 || environment_of_process("TREERING_ID_SERIES"))) {
    const auto first = unique_id_from_hex(*passed);
    if (!first) return first.error();
    return id_of_series(*first, number);
  }
  if (self.ranks == 1) return make_unique_id();
  const auto directory = rendezvous_directory(options().rendezvous_directory);
  if (!directory) return directory.error();
  const std::string path = rendezvous_path(*directory, self.job, number);
  if (self.rank != 0) return await_published(path, options().start_timeout);
  auto id = make_unique_id();
  if (!id) return id;
  if (auto left = publish(*id, path); !left) return std::move(left).error();
  return id;
}

}  // namespace

Result<Launched> launched(const Lookup& environment) {
  for (const Launcher& launcher : launchers())
    if (environment(launcher.rank) && (!launcher.required || environment(launcher.required)))
      return read(launcher, environment);
  return Launched{};
}

Result<Invitation> invitation_from_environment() {
  static std::atomic<unsigned> calls{0};
  const auto self = launched(environment_of_process);
  if (!self) return self.error();
  auto id = id_for(*self, calls++);
  if (!id) return std::move(id).error();
  return Invitation{*id, self->rank, self->ranks, self->local_rank, self->launcher};
}

std::string to_hex(const UniqueId& id) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : id.bytes)
    text += {digits[std::to_integer<unsigned>(b) >> 4], digits[std::to_integer<unsigned>(b) & 15]};
  return text;
}

Result<UniqueId> unique_id_from_hex(std::string_view text) {
  UniqueId id;
  const auto digit = [](char c) { return std::string_view("0123456789abcdef").find(c); };
  bool valid = text.size() == 2 * id.bytes.size();
  for (std::size_t k = 0; valid && k < id.bytes.size(); ++k) {
    const std::size_t high = digit(text[2 * k]), low = digit(text[2 * k + 1]);
    valid = high < 16 && low < 16;
    if (valid) id.bytes[k] = static_cast<std::byte>(high << 4 | low);
  }
  if (!valid)
    return Error{Code::invalid_argument,
                 "TREERING_ID is no unique id (" + std::to_string(text.size()) +
                     " characters; 256 hexadecimal digits are expected) pass it on as it was made"};
  if (auto place = decode(id); !place) return std::move(place).error();
  return id;
}

}  // namespace treering
