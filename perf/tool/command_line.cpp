#include "command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "version.hpp"

namespace treering::perf {
namespace {

constexpr std::string_view description =
    "Times and checks a collective of Treering. Flags, columns and factors are those of nccl-tests.\n"
    "COLLECTIVE is one of {}; `replay FILE` runs the traffic of a training step (perf/traffic/).\n"
    "`constants` measures what messages and bytes cost on this host, and stores it for the choice of algorithms;\n"
    "`predictions` prints what all-reduces should take by that, beside what they take.\n"
    "Starts N processes on this host with --np N; else joins the job in its environment (Slurm, Open MPI, MPICH,\n"
    "torchrun), or runs alone with -t ranks as threads.\n";

constexpr std::string_view explanation =
    "Sizes take K, M, G (powers of 1024); bandwidths are in 1e9 bytes a second.\n"
    "algbw = size / time. busbw = algbw x 2(n-1)/n for all_reduce, (n-1)/n for all_gather and reduce_scatter, 1 for\n"
    "broadcast, reduce and sendrecv; 1 for scan and exscan (all but the last rank must send, and all but the first\n"
    "receive, size bytes); 0 for barrier, which moves no data.\n"
    "#wrong counts the elements, over all ranks, that differ from the exact result in any bit (out of -c calls).\n"
    "Small sizes are timed in batches: -n is the least number of calls, and of samples. All calls use the same "
    "buffers.\n"
    "Exit status: 0 fine, 1 wrong data or less than NCCL_TESTS_MIN_BW GB/s on average, 2 wrong usage, 3 failure.\n";

const std::vector<std::string>& transports() {
  static const std::vector<std::string> names = {"auto", "shm", "verbs", "ucx", "tcp", "loopback"};
  return names;
}

/// A mistake on the command line.
struct Mistake {
  std::string text;
};

/// The command line as written; Settings once every word has been understood.
struct Words {
  std::string collective, file;
  std::string first = "32M", last = "32M", step = "1M";
  std::string types = "float", ops = "sum", root = "0";
  int average = 1, parallel_init = 0, stream_null = 0, graph = 0;
  int cpu_time = 0, timestamps = 0, memory = 0;
};

void add_what(CLI::App& app, Words& words, Settings& settings) {
  app.add_option("COLLECTIVE", words.collective, "what to run, or `replay`, `constants`, `predictions`");
  app.add_option("FILE", words.file, "for `replay`: a file of perf/traffic/");
  app.add_option("-b,--minbytes", words.first, "smallest size (32M)")->group("Sizes");
  app.add_option("-e,--maxbytes", words.last, "largest size (32M)")->group("Sizes");
  app.add_option("-i,--stepbytes", words.step, "added from size to size (1M), unless there is a factor")
      ->group("Sizes");
  app.add_option("-f,--stepfactor", settings.sweep.step_factor, "multiplied from size to size (1: add)")
      ->group("Sizes");
  app.add_option("-d,--datatype", words.types, fmt::format("{}, or all (float)", fmt::join(type_names(), ", ")))
      ->group("Data");
  app.add_option("-o,--op", words.ops, fmt::format("{}, or all (sum)", fmt::join(op_names(), ", ")))->group("Data");
  app.add_option("-r,--root", words.root, "root of broadcast and reduce; all: each in turn (0)")->group("Data");
  app.add_option("-u,--unalign", settings.unalign, "buffers start this many elements past an aligned address (0)")
      ->group("Data")
      ->check(CLI::Range(0, 4096));
  app.add_option("-c,--check", settings.checks, "calls whose result is checked, per line and place (1)")->group("Data");
}

void add_timing(CLI::App& app, Words& words, Settings& settings) {
  app.add_option("-n,--iters", settings.iterations, "timed calls (20); of replay: steps (3)")
      ->group("Timing")
      ->check(CLI::PositiveNumber);
  app.add_option("-w,--warmup_iters", settings.warmup, "calls before them (1)")->group("Timing");
  app.add_option("-m,--agg_iters", settings.aggregate, "operations launched as one group per call (1)")
      ->group("Timing")
      ->check(CLI::Range(1, 65536));
  app.add_option("-N,--run_cycles", settings.cycles, "runs of the whole sweep (1); 0: for ever")->group("Timing");
  app.add_option("-a,--average", words.average, "time of 0: rank 0, 1: average, 2: fastest, 3: slowest rank (1)")
      ->group("Timing")
      ->check(CLI::Range(0, 3));
  app.add_option("-z,--blocking", settings.blocking, "1: a barrier after every operation; 3: after every call (0)")
      ->group("Timing")
      ->check(CLI::Range(0, 3));
  app.add_option("-T,--timeout", settings.timeout_s, "seconds after which an operation fails (0: never)")
      ->group("Timing")
      ->check(CLI::NonNegativeNumber);
  app.add_option("-C,--report_cputime", words.cpu_time, "1: show the processor time of the calling thread (0)")
      ->group("Timing");
  app.add_option("-R,--local_register", settings.local_register,
                 "1, 2: buffers from the library, where peers can read and write (0)")
      ->group("Timing")
      ->check(CLI::Range(0, 2));
}

void add_start(CLI::App& app, Words& words, Settings& settings) {
  app.add_option("--np", settings.processes,
                 "start this many processes on this host, on cores of their own if there are enough")
      ->group("Ranks")
      ->check(CLI::Range(1, 4096));
  app.add_option("-t,--nthreads", settings.threads, "threads per process (1)")
      ->group("Ranks")
      ->check(CLI::Range(1, 4096));
  app.add_option("-g,--ngpus", settings.ranks_per_thread,
                 "ranks per thread (1); on a host each gets a thread of its own")
      ->group("Ranks")
      ->check(CLI::Range(1, 4096));
  app.add_option("--transport", settings.transport, "auto, shm, tcp or loopback (auto)")->group("Ranks");
  app.add_option("--algorithm", settings.algorithm, "name of an algorithm (auto); a wrong one lists them all")
      ->group("Ranks");
  app.add_option("-p,--parallel_init", words.parallel_init, "accepted: ranks always start at once")->group("Ranks");
  app.add_option("-y,--stream_null", words.stream_null, "accepted: host buffers have no other stream")->group("Ranks");
  app.add_option("-G,--cudagraph", words.graph, "accepted: no effect on host buffers")->group("Ranks");
}

void add_output(CLI::App& app, Words& words, Settings& settings) {
  app.add_option("-J,--output_file,--json", settings.json_file, "write all results and percentiles to this file")
      ->group("Output");
  app.add_option("--csv", settings.csv_file, "the same as a table")->group("Output");
  app.add_option("-S,--report_timestamps", words.timestamps, "1: when each line was measured (0)")->group("Output");
  app.add_option("-M,--memory", words.memory, "1: memory used (0)")->group("Output");
}

std::uint64_t bytes_of(std::string_view flag, const std::string& text) {
  const std::optional<std::uint64_t> bytes = parse_bytes(text);
  if (!bytes)
    throw Mistake{fmt::format("{} {} is no size (digits, then K, M or G) write for example {} 64M", flag, text, flag)};
  return *bytes;
}

template <class Named, class Item>
std::vector<Item> items(std::string_view what, const std::string& word, std::span<const std::string_view> names,
                        Named named, Item) {
  std::vector<Item> found;
  if (word == "all") {
    for (const std::string_view name : names) found.push_back(*named(name));
    return found;
  }
  if (const auto item = named(word)) return {*item};
  throw Mistake{unknown_name(what, word, names)};
}

void understand_kind(const Words& words, Settings& settings) {
  std::vector<std::string_view> names(kind_names().begin(), kind_names().end());
  names.insert(names.end(), {"replay", "constants", "predictions"});
  if (words.collective.empty()) {
    throw Mistake{
        fmt::format("no collective (the first word says what to run) write one of {}", fmt::join(names, ", "))};
  }
  if (words.collective == "replay") {
    if (words.file.empty())
      throw Mistake{"replay needs a file (of collectives, one a line) there are some in perf/traffic/"};
    settings.traffic_file = words.file;
    return;
  }
  if (words.collective == "constants") settings.errand = Errand::constants;
  if (words.collective == "predictions") settings.errand = Errand::predictions;
  const std::optional<Kind> kind = kind_named(words.collective);
  if (!kind && settings.errand == Errand::none) throw Mistake{unknown_name("collective", words.collective, names)};
  if (!words.file.empty())
    throw Mistake{fmt::format("one word too many: {} (only replay takes a file) leave it out", words.file)};
  settings.kind = kind.value_or(Kind::all_reduce);
}

void understand_sweep(const Words& words, const CLI::App& app, Settings& settings) {
  Sweep& sweep = settings.sweep;
  sweep.first_bytes = bytes_of("-b", words.first);
  sweep.last_bytes = bytes_of("-e", words.last);
  sweep.step_bytes = bytes_of("-i", words.step);
  if (app.count("--maxbytes") == 0) sweep.last_bytes = std::max(sweep.last_bytes, sweep.first_bytes);
  if (app.count("--minbytes") == 0) sweep.first_bytes = std::min(sweep.first_bytes, sweep.last_bytes);
  if (sweep.first_bytes > sweep.last_bytes) {
    throw Mistake{
        fmt::format("-b {} is more than -e {} (a sweep goes upwards) exchange them", words.first, words.last)};
  }
  if (sweep.step_factor <= 1 && sweep.step_bytes == 0 && sweep.first_bytes != sweep.last_bytes) {
    throw Mistake{"-i 0 never ends (the size stays as it is) give a step, or a factor with -f"};
  }
}

void understand_data(const Words& words, Settings& settings) {
  settings.types = items("type", words.types, type_names(), type_named, DataType{});
  settings.ops = items("operator", words.ops, op_names(), op_named, Op{});
  if (words.root == "all" || words.root == "-1") {
    settings.root.reset();
    return;
  }
  int root = 0;
  if (!CLI::detail::lexical_cast(words.root, root) || root < 0) {
    throw Mistake{fmt::format("-r {} is no rank (0, 1, ... or all) give one of these", words.root)};
  }
  settings.root = root;
}

void understand_start(const Words& words, Settings& settings) {
  const std::vector<std::string_view> names(transports().begin(), transports().end());
  if (std::find(names.begin(), names.end(), settings.transport) == names.end()) {
    throw Mistake{unknown_name("transport", settings.transport, names)};
  }
  if (settings.transport == "loopback" && settings.processes > 1) {
    throw Mistake{"--transport loopback with --np (it joins threads of one process) use -t for the number of ranks"};
  }
  if (settings.algorithm != "auto" && settings.traffic_file.empty() && settings.kind == Kind::sendrecv) {
    throw Mistake{"--algorithm with sendrecv (messages go from rank to rank by none) leave it out"};
  }
  settings.average = static_cast<Average>(words.average);
  settings.cpu_time = words.cpu_time != 0;
  settings.timestamps = words.timestamps != 0;
  settings.memory_report = words.memory != 0;
  if (words.graph > 0)
    settings.notes.push_back("-G has no effect on host buffers: there is no device to launch graphs on");
  if (words.stream_null > 0)
    settings.notes.push_back("-y has no effect on host buffers: they always use the null stream");
}

/// The mistake in words, with the nearest flag where a flag is unknown.
std::string describe(const CLI::ParseError& error, const CLI::App& app) {
  std::string problem = error.what();
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError)) return problem;
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  const std::vector<std::string_view> candidates(flags.begin(), flags.end());
  for (const std::string& word : app.remaining()) {
    if (word.starts_with("--")) {
      const std::string close = nearest(word.substr(0, word.find('=')), candidates);
      const std::string advice = close.empty() ? "see --help" : fmt::format("did you mean `{}`?", close);
      return fmt::format("no flag `{}` (not one of treering-perf's) {}", word, advice);
    }
    if (word.starts_with("-")) return fmt::format("no flag `{}` (not one of treering-perf's) see --help", word);
  }
  return fmt::format("what is `{}`? (neither a flag nor the value of one) see --help", app.remaining().front());
}

CommandLine refused(const std::string& problem) {
  return {std::nullopt, fmt::format("treering-perf: {}\n", problem), exit_usage};
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CLI::App app(fmt::format(description, fmt::join(kind_names(), ", ")), "treering-perf");
  Words words;
  Settings settings;
  app.set_version_flag("--version", version_text());
  app.footer(std::string(explanation));
  app.get_formatter()->column_width(34);
  add_what(app, words, settings);
  add_timing(app, words, settings);
  add_start(app, words, settings);
  add_output(app, words, settings);
  try {
    app.parse(argc, argv);
    understand_kind(words, settings);
    understand_sweep(words, app, settings);
    understand_data(words, settings);
    understand_start(words, settings);
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, app.help(), exit_ok};
  } catch (const CLI::CallForVersion&) {
    return {std::nullopt, version_text() + "\n", exit_ok};
  } catch (const CLI::ParseError& error) {
    return refused(describe(error, app));
  } catch (const Mistake& mistake) {
    return refused(mistake.text);
  }
  if (!settings.traffic_file.empty() && app.count("--iters") == 0)
    settings.iterations = 3;  // steps: each takes a while
  return {std::move(settings), "", exit_ok};
}

std::string algorithm_option(const Settings& settings) {
  const bool is_list = settings.algorithm.find(':') != std::string::npos;
  if (!settings.traffic_file.empty() || is_list) return settings.algorithm;
  std::string collective(settings.kind == Kind::exscan ? "exclusive-scan" : name_of(settings.kind));
  std::replace(collective.begin(), collective.end(), '_', '-');
  return fmt::format("{}:{}", collective, settings.algorithm);
}

}  // namespace treering::perf
