#include "tools/topo/command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "options/option_values.hpp"
#include "tools/topo/plan.hpp"

namespace treering::topo {
namespace {

constexpr const char* description =
    "Shows a topology (hosts, GPUs, NICs, switches and the links between them), what it allows collectives, and what\n"
    "looks wrong in it. Without a view: the matrix between devices, as `nvidia-smi topo -m` shows it.\n";

constexpr const char* explanation =
    "INPUT is a file (Treering's JSON, NCCL's or hwloc's XML, what ibnetdiscover prints), - for the standard input, a\n"
    "folder with copies of a host's /proc and /sys, or a text that describes a topology; without any, this host is\n"
    "looked at:\n"
    "  treering-topo --input '2 hosts x (8 gpu nvswitch 450GB/s, 8 nic 50GB/s pcie5)' --plan\n"
    "Such a text is a network, and perhaps what each of its hosts has:\n"
    "  N hosts | torus AxBxC | fat-tree N hosts, L levels, leaves of M, oversubscribed D:U | dragonfly G groups of R\n"
    "  routers of N hosts   (behind hosts or torus: a rate and a latency, such as 50GB/s 2us; `on rails`: a switch or\n"
    "  leaf for each NIC)\n"
    "  x (N gpu nvswitch|nvlink|xgmi 450GB/s, N nic 50GB/s pcie5, N numa, N core)\n"
    "Colours: on a terminal, unless NO_COLOR is set.\n"
    "Exit status: 0 fine, 1 --check found something or --diff a difference, 2 wrong usage or input.\n";

constexpr std::array<std::string_view, 6> format_names = {"matrix", "tree", "json", "nccl", "dot", "svg"};

/// A mistake on the command line.
struct Mistake {
  std::string text;
};

/// The command line as written.
struct Words {
  std::string input, fabric, format, plan, sizes, job;
  std::vector<std::string> merge, difference, explain;
  bool measure = false, redact = false, check = false;
};

void add_options(CLI::App& app, Words& words) {
  app.add_option("-i,--input", words.input, "the topology")->type_name("INPUT")->group("Input");
  app.add_option("--merge", words.merge, "several topologies of one host or more as one; written as json")
      ->type_name("INPUT")
      ->group("Input");
  app.add_option("--fabric", words.fabric, "the InfiniBand fabric that this host is on, asked now")
      ->type_name("[ADAPTER[:PORT]]")
      ->expected(0, 1)
      ->group("Input");
  app.add_flag("--measure", words.measure,
               "time the links between this host's cores and memory: a line below the matrix")
      ->group("Input");
  app.add_flag("--redact", words.redact, "without names, identities, GUIDs and attributes of machines; written as json")
      ->group("Input");
  app.add_option("-f,--format", words.format,
                 "how it is shown: one of " + fmt::format("{}", fmt::join(format_names, ", ")))
      ->type_name("FORMAT")
      ->group("Views");
  app.add_option("--plan", words.plan,
                 "optimum and times, all or one of all-reduce, all-gather, reduce-scatter, broadcast, reduce")
      ->type_name("[COLLECTIVE]")
      ->expected(0, 1)
      ->group("Views");
  app.add_option("--size", words.sizes, "sizes that --plan predicts times for: 1K,1M,64M if not said")
      ->type_name("SIZES")
      ->group("Views");
  app.add_option("--explain", words.explain, "the way from A to B, hop by hop")
      ->type_name("A B")
      ->type_size(2)
      ->expected(1)
      ->group("Views");
  app.add_flag("--check", words.check, "what looks wrong, and what stops jobs on hosts")->group("Views");
  app.add_option("--diff", words.difference, "what differs between two topologies")
      ->type_name("INPUT INPUT")
      ->type_size(2)
      ->expected(1)
      ->group("Views");
  app.add_option("--job", words.job, "what a running job found and chose, and is doing; the PID of a rank")
      ->type_name("PID")
      ->group("Views");
}

void understand_view(const CLI::App& app, const Words& words, Settings& settings) {
  int views = 0;
  const auto is_view = [&](const char* flag, View view) {
    if (app.count(flag) == 0) return false;
    settings.view = view;
    return ++views > 0;
  };
  if (is_view("--plan", View::plan) && !words.plan.empty()) {
    settings.collective = planned_collective(words.plan);
    if (!settings.collective)
      throw Mistake{
          fmt::format("no bound for `{}` (there are those of all-reduce, all-gather, reduce-scatter, "
                      "broadcast and reduce) name one of these",
                      words.plan)};
  }
  if (is_view("--explain", View::explain)) {
    settings.from = words.explain[0];
    settings.to = words.explain[1];
  }
  is_view("--check", View::check);
  is_view("--diff", View::difference);
  if (is_view("--job", View::job)) settings.job = words.job;
  if (views > 1) throw Mistake{"several views (one is shown at a time) leave all but one out"};
}

void understand_sizes(const CLI::App& app, const Words& words, Settings& settings) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 40;
  if (app.count("--size") == 0) return;
  if (settings.view != View::plan)
    throw Mistake{"--size without --plan (it says what times are predicted for) add --plan or leave it out"};
  settings.sizes.clear();
  for (const std::string& text : parts_of(words.sizes, ',')) {
    const auto bytes = parse_bytes(text);
    if (!bytes || *bytes == 0 || *bytes > most_bytes)
      throw Mistake{fmt::format("no size `{}` (sizes are like 4096, 64K, 1M or 2G, at most 1024G) correct it", text)};
    settings.sizes.push_back(*bytes);
  }
  if (settings.sizes.empty()) throw Mistake{"--size names no size (sizes are like 64K,1M) name one"};
}

void understand_format(const CLI::App& app, const Words& words, Settings& settings) {
  if (app.count("--redact") + app.count("--merge") > 0) settings.format = Format::json;
  if (app.count("--format") == 0) return;
  const auto found = std::ranges::find(format_names, words.format);
  if (found == format_names.end())
    throw Mistake{
        fmt::format("no format `{}` (there are {}) choose one of them", words.format, fmt::join(format_names, ", "))};
  if (settings.view != View::show)
    throw Mistake{"--format with another view (it says how the topology is shown) leave one of them out"};
  settings.format = static_cast<Format>(found - format_names.begin());
}

/// "", "mlx5_0" or "mlx5_0:1".
FabricChoice fabric_choice(const std::string& word) {
  constexpr std::uint64_t most_ports = 254;  // of an adapter, by the InfiniBand specification
  const std::size_t colon = word.find(':');
  FabricChoice choice{.adapter = word.substr(0, colon)};
  if (colon == std::string::npos) return choice;
  const auto port = parse_number(word.substr(colon + 1));
  if (colon == 0 || !port || *port == 0 || *port > most_ports)
    throw Mistake{
        fmt::format("no adapter and port `{}` (they are like mlx5_0:1, ports from 1 to 254) correct it", word)};
  choice.port = static_cast<int>(*port);
  return choice;
}

void understand_inputs(const CLI::App& app, const Words& words, Settings& settings) {
  const bool one = app.count("--input") > 0, several = app.count("--merge") > 0, fabric = app.count("--fabric") > 0,
             two = settings.view == View::difference;
  const int inputs = one + several + fabric + two;
  if (inputs > 1)
    throw Mistake{"several of --input, --merge, --fabric and --diff (each says what is read) leave all but one out"};
  if (settings.view == View::job && inputs + app.count("--redact") + app.count("--measure") > 0)
    throw Mistake{"--job with --input, --merge, --fabric, --redact or --measure (a job is no topology) leave them out"};
  if (two) settings.inputs = words.difference;
  if (several) settings.inputs = words.merge;
  if (one) settings.inputs = {words.input};
  if (fabric) settings.fabric = fabric_choice(words.fabric);
  if (words.measure && inputs > 0)
    throw Mistake{
        "--measure with an input (it measures the host that it runs on) leave one of them out; to measure another "
        "host, run treering-topo --measure --format json there and give its output as --input"};
  settings.measure = words.measure;
  settings.redact = words.redact;
}

std::string problem_of(const CLI::ParseError& error, const CLI::App& app) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError)) return error.what();
  const std::string word = app.remaining().front();
  const bool is_flag = word.starts_with('-');
  const std::string_view quote = word.find(' ') == std::string::npos ? "" : "'";
  return fmt::format("what is `{}`? (neither a flag nor the value of one) {}", word,
                     is_flag ? "see --help" : fmt::format("did you mean --input {0}{1}{0}?", quote, word));
}

CommandLine refused(const std::string& problem) {
  return {std::nullopt, fmt::format("treering-topo: {}\n", problem), exit_wrong};
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CLI::App app(description, "treering-topo");
  Words words;
  Settings settings;
  const std::string version = std::string("treering-topo ") + TREERING_VERSION;
  app.set_version_flag("--version", version);
  app.footer(explanation);
  app.get_formatter()->column_width(30);
  add_options(app, words);
  try {
    app.parse(argc, argv);
    understand_view(app, words, settings);
    understand_sizes(app, words, settings);
    understand_format(app, words, settings);
    understand_inputs(app, words, settings);
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, app.help(), exit_ok};
  } catch (const CLI::CallForVersion&) {
    return {std::nullopt, version + "\n", exit_ok};
  } catch (const CLI::ParseError& error) {
    return refused(problem_of(error, app));
  } catch (const Mistake& mistake) {
    return refused(mistake.text);
  }
  return {std::move(settings), "", exit_ok};
}

}  // namespace treering::topo
