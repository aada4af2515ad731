#include "tools/run/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace treering::run {
namespace {

constexpr const char* description =
    "Starts a program as the ranks of a job, on this host or on several by ssh. Programs that use Treering\n"
    "(Communicator::from_environment, treeringCommInitFromEnvironment) find one another without arguments.\n"
    "The program and its arguments come last: treering-run [OPTIONS] [--] PROGRAM [ARGUMENTS]\n";

constexpr const char* explanation =
    "  treering-run -n 4 -- treering-perf all_reduce\n"
    "  treering-run --hosts h1:8,h2:8 -- ./program --its-own-options\n"
    "Ranks fill the hosts in their order. Hosts need this program, at the same path, and the ranks' program; no file\n"
    "system in common. Variables TREERING_* and NCCL_* go along.\n"
    "Exit status: that of the first rank that failed (128 + signal if one killed it), 2 wrong usage, 125 a host could\n"
    "not be started or was lost.\n";

// With a process group of its own, ssh cannot ask at the terminal; a host that falls silent is lost after 45 s.
constexpr const char* usual_ssh = "ssh -T -o BatchMode=yes -o ServerAliveInterval=15";

/// The command line as written.
struct Words {
  int ranks = 0;
  std::string hosts, hostfile, ssh, remote_path, directory;
  std::vector<std::string> carried;
  int processors = -1;
  double grace_s = 3;
  bool tag = false;
};

Error mistake(std::string text) {
  return {Code::invalid_argument, std::move(text)};
}

void add_options(CLI::App& app, Words& words) {
  app.add_option("-n,--np", words.ranks, "ranks in all; on hosts, as many as they have slots if not said")
      ->group("Ranks")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--hosts", words.hosts, "hosts, each with its slots: h1:8,h2:8")->type_name("LIST")->group("Ranks");
  app.add_option("--hostfile", words.hostfile, "the same in a file, one a line: `h1 slots=8` or `h1:8`")
      ->type_name("FILE")
      ->group("Ranks");
  app.add_option("--cores", words.processors,
                 "processors for each rank, its own; 0: any (an even share where there are enough)")
      ->group("Ranks")
      ->check(CLI::Range(0, 1 << 16));
  app.add_option("-x", words.carried, "a variable that goes along, with its value here or another")
      ->type_name("NAME[=VALUE]")
      ->group("Ranks")
      ->allow_extra_args(false);  // what comes next may be the program
  app.add_option("--wdir", words.directory, "directory that the ranks work in (this one)")->group("Ranks");
  app.add_option("--ssh", words.ssh, std::string("how hosts are reached (") + usual_ssh + "; or TREERING_SSH)")
      ->type_name("COMMAND")
      ->group("Hosts");
  app.add_option("--remote-path", words.remote_path, "treering-run on other hosts (the path of this one)")
      ->type_name("PATH")
      ->group("Hosts");
  app.add_flag("--tag", words.tag, "begin every line of output with its [rank]")->group("Output");
  app.add_option("--grace", words.grace_s, "seconds that the others have after a failure or a signal (3)")
      ->type_name("SECONDS")
      ->group("Output")
      ->check(CLI::NonNegativeNumber);
}

Result<std::vector<Share>> shares_of(const Words& words) {
  if (!words.hosts.empty() && !words.hostfile.empty())
    return mistake("--hosts and --hostfile (each says all hosts) leave one out");
  if (words.hosts.empty() && words.hostfile.empty()) {
    if (words.ranks == 0) return mistake("how many ranks? (there are no hosts with slots either) say -n");
    return std::vector<Share>{{"localhost", 0, words.ranks}};
  }
  Result<std::vector<Host>> hosts = std::vector<Host>{};
  if (words.hostfile.empty()) {
    hosts = hosts_in_list(words.hosts);
  } else {
    std::ifstream file(words.hostfile);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file)
      return mistake(
          fmt::format("{} cannot be read ({}) name a file with a host a line", words.hostfile, std::strerror(errno)));
    hosts = hosts_in_file(text, words.hostfile);
  }
  if (!hosts) return std::move(hosts).error();
  return placed(*hosts, words.ranks);
}

Result<Settings> understood(const CLI::App& app, const Words& words) {
  Settings settings;
  settings.command = app.remaining();
  if (!settings.command.empty() && settings.command.front() == "--") {
    settings.command.erase(settings.command.begin());
  } else if (!settings.command.empty() && settings.command.front().starts_with('-')) {
    return mistake(fmt::format("no flag `{}` (not one of treering-run's) see --help; the program's own come behind it",
                               settings.command.front()));
  }
  if (settings.command.empty()) return mistake("no program (it comes last) write treering-run -n 4 -- program");
  auto shares = shares_of(words);
  if (!shares) return std::move(shares).error();
  settings.shares = *std::move(shares);
  const char* from_outside = std::getenv("TREERING_SSH");
  std::istringstream ssh(!words.ssh.empty() ? words.ssh : from_outside && *from_outside ? from_outside : usual_ssh);
  for (std::string word; ssh >> word;) settings.ssh.push_back(word);
  if (settings.ssh.empty()) return mistake("--ssh is empty (it is a command) leave it out to use ssh");
  std::error_code failed;
  settings.remote_path =
      words.remote_path.empty() ? std::filesystem::read_symlink("/proc/self/exe", failed).string() : words.remote_path;
  settings.directory = words.directory.empty() ? std::filesystem::current_path(failed).string() : words.directory;
  settings.carried = words.carried;
  settings.processors = words.processors;
  settings.tag = words.tag;
  settings.grace = std::chrono::milliseconds(static_cast<std::int64_t>(words.grace_s * 1000));
  return settings;
}

CommandLine refused(const std::string& problem) {
  return {std::nullopt, fmt::format("treering-run: {}\n", problem), exit_usage};
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CLI::App app(description, "treering-run");
  Words words;
  const std::string version = std::string("treering-run ") + TREERING_VERSION;
  app.set_version_flag("--version", version);
  app.footer(explanation);
  app.get_formatter()->column_width(30);
  app.prefix_command();
  add_options(app, words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, app.help(), exit_ok};
  } catch (const CLI::CallForVersion&) {
    return {std::nullopt, version + "\n", exit_ok};
  } catch (const CLI::ParseError& error) {
    return refused(error.what());
  }
  auto settings = understood(app, words);
  if (!settings) return refused(settings.error().message);
  return {*std::move(settings), "", exit_ok};
}

}  // namespace treering::run
