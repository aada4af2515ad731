#include "options/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "options/log.hpp"
#include "options/option_values.hpp"

namespace treering {
namespace {

/// A variable of NCCL that means the same, and its value in our spelling (null: the same).
struct Synonym {
  const char* name;
  std::optional<std::string> (*translate)(std::string_view);
};

struct Row {
  const char* name;
  const char* type;
  const char* fallback;  ///< as it would be written
  const char* meaning;
  std::vector<Synonym> synonyms;
  /// False: the value cannot be read.
  std::function<bool(Options&, std::string_view)> set;
};

template <class T>
auto parsed(T Options::*member, std::optional<T> (*parse)(std::string_view)) {
  return [member, parse](Options& options, std::string_view text) {
    const auto value = parse(text);
    if (value) options.*member = *value;
    return value.has_value();
  };
}

auto text(std::string Options::*member) {
  return [member](Options& options, std::string_view value) {
    options.*member = value;
    return true;
  };
}

/// A time that must not be 0.
auto positive(std::chrono::milliseconds Options::*member) {
  return [member](Options& options, std::string_view value) {
    const auto duration = parse_duration(value);
    if (!duration || duration->count() == 0) return false;
    options.*member = *duration;
    return true;
  };
}

bool set_silence_timeout(Options& options, std::string_view value) {
  using namespace std::chrono_literals;
  const auto duration = parse_duration(value);
  if (!duration || *duration < 1s || *duration > 10min) return false;
  options.silence_timeout = *duration;
  return true;
}

/// Bytes: a power of two within bounds.
auto power_of_two(std::uint64_t Options::*member, std::uint64_t least, std::uint64_t most) {
  return [member, least, most](Options& options, std::string_view value) {
    const auto bytes = parse_bytes(value);
    if (!bytes || !std::has_single_bit(*bytes) || *bytes < least || *bytes > most) return false;
    options.*member = *bytes;
    return true;
  };
}

bool set_window(Options& options, std::string_view value) {
  options.window_bytes = 0;
  return value == "auto" || power_of_two(&Options::window_bytes, 4096, std::uint64_t{1} << 30)(options, value);
}

bool set_family(Options& options, std::string_view value) {
  if (value != "any" && value != "4" && value != "6") return false;
  options.address_family = value == "any" ? 0 : value[0] - '0';
  return true;
}

bool set_order(Options& options, std::string_view value) {
  options.order = value;
  return value == "place" || value == "rank";
}

bool set_transport(Options& options, std::string_view value) {
  options.transport = value;
  return value == "auto" || value == "loopback" || value == "shm" || value == "verbs" || value == "ucx" ||
         value == "tcp";
}

bool set_rdma(Options& options, std::string_view value) {
  options.rdma = value == "on";
  return value == "on" || value == "off";
}

bool set_gid_index(Options& options, std::string_view value) {
  const auto index = parse_number(value);
  options.gid_index = index ? static_cast<int>(*index) : -1;
  return value == "auto" || (index && *index < 256);
}

/// A number that verbs take as a byte or less.
auto small_number(std::uint8_t Options::*member, std::uint8_t most) {
  return [member, most](Options& options, std::string_view value) {
    const auto number = parse_number(value);
    if (!number || *number > most) return false;
    options.*member = static_cast<std::uint8_t>(*number);
    return true;
  };
}

bool set_spin(Options& options, std::string_view value) {
  const auto us = parse_number(value);
  if (!us || *us > 1'000'000) return false;
  options.spin = std::chrono::microseconds(*us);
  return true;
}

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"TREERING_LOG",
       "none, error, warning, info, debug",
       "warning",
       "What is written to the log.",
       {{"NCCL_DEBUG", log_level_of_nccl}},
       parsed(&Options::log_level, parse_log_level)},
      {"TREERING_LOG_FILE",
       "path",
       "",
       "Where the log goes; %h is the host, %p the process. Empty: standard error.",
       {{"NCCL_DEBUG_FILE", nullptr}},
       text(&Options::log_file)},
      {"TREERING_INTERFACES",
       "list",
       "",
       "Network interfaces to use: `eth,ib` (names that begin so), `=eth0` (exactly), `^docker` (all but). Empty: all.",
       {{"NCCL_SOCKET_IFNAME", nullptr}},
       text(&Options::interfaces)},
      {"TREERING_ADDRESS_FAMILY",
       "any, 4, 6",
       "any",
       "Use only IPv4 or only IPv6 addresses.",
       {{"NCCL_SOCKET_FAMILY", family_of_nccl}},
       set_family},
      {"TREERING_PORTS",
       "port or first-last",
       "0",
       "TCP ports to listen on; one a process. 0: the system chooses.",
       {},
       parsed(&Options::ports, parse_ports)},
      {"TREERING_START_TIMEOUT",
       "time (s)",
       "60s",
       "How long the ranks of a communicator wait for one another at its start.",
       {},
       positive(&Options::start_timeout)},
      {"TREERING_CONNECT_TIMEOUT",
       "time (s)",
       "20s",
       "How long a connection between two ranks may take.",
       {},
       positive(&Options::connect_timeout)},
      {"TREERING_OPERATION_TIMEOUT",
       "time (s) or none",
       "none",
       "An operation that takes longer fails.",
       {},
       parsed(&Options::operation_timeout, parse_duration)},
      {"TREERING_SILENCE_TIMEOUT",
       "time (s)",
       "10s",
       "How long a host may be silent (a cable that is out, a switch or a host without power) before the job ends: a "
       "second to ten minutes. A link that comes back sooner costs the time it was out; after 3 s there is a warning. "
       "Of TCP and of the control of a job; for RDMA see TREERING_RETRY_TIMEOUT.",
       {},
       set_silence_timeout},
      {"TREERING_WINDOW",
       "bytes",
       "auto",
       "Size of the ring of a wire between two ranks: a power of two, 4 KiB to 1 GiB. `auto`: 1 MiB, and less where "
       "ranks of a host outnumber its cores.",
       {{"NCCL_BUFFSIZE", window_of_nccl}},
       set_window},
      {"TREERING_SLICE",
       "bytes",
       "128KiB",
       "Data moves through a step in slices of this size: a power of two, 1 KiB to 1 GiB. Between hosts and where TCP "
       "is asked for: at least a quarter of the window.",
       {},
       power_of_two(&Options::slice_bytes, 1024, std::uint64_t{1} << 30)},
      {"TREERING_ALGORITHM",
       "name or list",
       "auto",
       "`auto`, the name of an algorithm for all collectives that have it, or a list such as "
       "`all-reduce:ring,broadcast:two-tree`.",
       {{"NCCL_ALGO", algorithm_of_nccl}},
       text(&Options::algorithm)},
      {"TREERING_ORDER",
       "place, rank",
       "place",
       "How ranks stand in rings and trees whose operator is commutative: `place` brings together those of a host, and "
       "there those of a NUMA domain; `rank`: always by number, so that the bits of floating-point results do not "
       "depend on where ranks run.",
       {},
       set_order},
      {"TREERING_TOPOLOGY",
       "path or description",
       "",
       "How the hosts of a job are connected: a file (Treering's JSON, or what ibnetdiscover prints) that names them, "
       "or a description such as `torus 4x4x8 50GB/s`, whose hosts are then those of the job in the order of their "
       "lowest ranks. Rings then pass hosts along the network: those of a leaf switch one after another, a torus along "
       "its links. Rank 0 reads it. Of `NCCL_TOPO_FILE`, what cannot be used is left out with a word in the log.",
       {{"NCCL_TOPO_FILE", nullptr}},
       text(&Options::topology)},
      {"TREERING_CONSTANTS",
       "path or none",
       "",
       "The file of what messages and bytes cost on this host, by which algorithms are chosen; `treering-perf "
       "constants` measures and stores it. Empty: $XDG_CACHE_HOME/treering/HOST.json, else "
       "~/.cache/treering/HOST.json. `none`: the defaults. All ranks go by the slowest of their hosts.",
       {},
       text(&Options::constants)},
      {"TREERING_TRANSPORT",
       "auto, loopback, shm, verbs, ucx, tcp",
       "auto",
       "Use only this transport. `auto`: the best that two ranks have in common, in this order and without `ucx`. "
       "`ucx` "
       "goes over what UCX finds; its own variables (UCX_TLS, UCX_NET_DEVICES) say what that may be.",
       {},
       set_transport},
      {"TREERING_RDMA",
       "on, off",
       "on",
       "Whether RDMA devices (InfiniBand, RoCE) are used where there are any.",
       {{"NCCL_IB_DISABLE", rdma_of_nccl_disable}},
       set_rdma},
      {"TREERING_HCA",
       "list",
       "",
       "RDMA devices to use: `mlx5` (names that begin so), `=mlx5_0:1,mlx5_1` (exactly; one port, or all), `^mlx5_2` "
       "(all but). Empty: the first of the fastest ports. Where a list lets several of the fastest through, the ranks "
       "of "
       "a host take one each in turn: each port must reach each.",
       {{"NCCL_IB_HCA", nullptr}},
       text(&Options::rdma_devices)},
      {"TREERING_GID_INDEX",
       "number or auto",
       "auto",
       "The address of a RoCE port. `auto`: of its RoCE v2 addresses that are not link-local the first IPv4 one, or "
       "IPv6 where the peer has no IPv4.",
       {{"NCCL_IB_GID_INDEX", gid_index_of_nccl}},
       set_gid_index},
      {"TREERING_RETRY_TIMEOUT",
       "number (0-31)",
       "18",
       "How long an RDMA device waits for an answer before it sends again: 4.096 us times 2 to this power; 18 is 1.07 "
       "s. A cable may be out for about (TREERING_RETRY_COUNT + 1) times that before an operation fails.",
       {{"NCCL_IB_TIMEOUT", nullptr}},
       small_number(&Options::retry_timeout, 31)},
      {"TREERING_RETRY_COUNT",
       "number (0-7)",
       "6",
       "How often an RDMA device sends again. Some take 7 for ever.",
       {{"NCCL_IB_RETRY_CNT", nullptr}},
       small_number(&Options::retry_count, 7)},
      {"TREERING_TRAFFIC_CLASS",
       "number (0-255)",
       "0",
       "Of RoCE packets: DSCP in the upper six bits, ECN in the lower two.",
       {{"NCCL_IB_TC", nullptr}},
       small_number(&Options::traffic_class, 255)},
      {"TREERING_SERVICE_LEVEL",
       "number (0-15)",
       "0",
       "Of RDMA connections; on Ethernet, the priority where switches tell it by that.",
       {{"NCCL_IB_SL", nullptr}},
       small_number(&Options::service_level, 15)},
      {"TREERING_SPIN",
       "microseconds",
       "200",
       "How long a waiting thread looks for news before it sleeps, at most 1000000. It yields its core between looks "
       "where ranks outnumber cores, elsewhere after 20.",
       {},
       set_spin},
      {"TREERING_RENDEZVOUS_DIRECTORY",
       "path",
       "",
       "Where rank 0 leaves the unique id for the others when the launcher passes none. Empty: $XDG_RUNTIME_DIR, else "
       "/tmp.",
       {},
       text(&Options::rendezvous_directory)},
  };
  return rows;
}

/// Set by a launcher of one's own for its processes; see launch.hpp.
constexpr const char* of_the_launcher[] = {"TREERING_RANK", "TREERING_RANKS",     "TREERING_LOCAL_RANK",
                                           "TREERING_ID",   "TREERING_ID_SERIES", "TREERING_SSH"};

/// Takes the first variable that is set and can be read: ours, then the synonyms.
OptionOrigin set_row(const Row& row, const Lookup& lookup, ParsedOptions& out) {
  const auto unreadable = [&](const std::string& name, const std::string& value) {
    out.warnings.push_back(name + "=" + value + " is ignored (not of the form: " + row.type +
                           ") see docs/options.md; " + row.name + " stays at \"" + row.fallback + "\"");
  };
  const auto try_value = [&](const std::string& name, const std::string& written, std::optional<std::string> value) {
    Options changed = out.values;
    if (!value || !row.set(changed, *value)) {
      unreadable(name, written);
      return false;
    }
    out.values = changed;
    return true;
  };
  if (const auto value = lookup(row.name); value && try_value(row.name, *value, *value))
    return {row.name, *value, row.name};
  for (const Synonym& synonym : row.synonyms) {
    const auto written = lookup(synonym.name);
    if (!written) continue;
    const auto value = synonym.translate ? synonym.translate(*written) : written;
    if (try_value(synonym.name, *written, value)) return {row.name, *value, synonym.name};
  }
  return {row.name, row.fallback, "default"};
}

}  // namespace

ParsedOptions parse_options(const Lookup& lookup, const std::vector<std::string>& names) {
  ParsedOptions out;
  for (const Row& row : table()) row.set(out.values, row.fallback);
  std::vector<std::string> known(std::begin(of_the_launcher), std::end(of_the_launcher));
  for (const Row& row : table()) {
    out.origins.push_back(set_row(row, lookup, out));
    known.emplace_back(row.name);
    if (out.origins.back().origin == "NCCL_TOPO_FILE") out.values.topology_is_nccls = true;
  }
  for (const std::string& name : names) {
    if (!name.starts_with("TREERING_") || std::ranges::find(known, name) != known.end()) continue;
    const auto meant = nearest(name, known);
    out.warnings.push_back(name + " is set but means nothing (no such option) " +
                           (meant ? "did you mean " + *meant + "?" : "see docs/options.md for the names"));
  }
  if (out.values.window_bytes > 0 && out.values.slice_bytes > out.values.window_bytes / 2) {
    out.values.slice_bytes = out.values.window_bytes / 2;
    if (out.origins.end() != std::ranges::find_if(out.origins, [](const OptionOrigin& o) {
          return o.name == "TREERING_SLICE" && o.origin != "default";
        }))
      out.warnings.push_back("TREERING_SLICE is cut to half of the window (two slices must fit) raise TREERING_WINDOW");
  }
  return out;
}

const ParsedOptions& parsed_options() {
  static const ParsedOptions& once = *new ParsedOptions([] {
    std::vector<std::string> names;
    for (char** entry = environ; entry && *entry; ++entry) {
      const std::string_view line(*entry);
      names.emplace_back(line.substr(0, line.find('=')));
    }
    return parse_options(
        [](std::string_view name) -> std::optional<std::string> {
          const char* value = std::getenv(std::string(name).c_str());
          return value ? std::optional<std::string>(value) : std::nullopt;
        },
        names);
  }());
  static const bool warned = [] {
    for (const std::string& warning : once.warnings) log_with(once.values, LogLevel::warning, nobody, warning);
    return true;
  }();
  (void)warned;
  return once;
}

std::string describe(const std::vector<OptionOrigin>& origins) {
  std::string out;
  for (const OptionOrigin& origin : origins) out += origin.name + "=" + origin.value + " (" + origin.origin + ")\n";
  return out;
}

std::string options_document() {
  std::string out =
      "# Options\n\nEnvironment variables, read once by each process. Sizes: `64KiB`, `1m`, or bytes. Times: `30`, "
      "`1.5s`, `500ms`, "
      "`2min`.\nWhere both are set, the name of Treering goes before NCCL's.\n\n"
      "| name | value | default | meaning | also read from |\n|---|---|---|---|---|\n";
  for (const Row& row : table()) {
    std::string also;
    for (const Synonym& synonym : row.synonyms) also += (also.empty() ? "`" : ", `") + std::string(synonym.name) + "`";
    const std::string fallback = *row.fallback ? "`" + std::string(row.fallback) + "`" : "";
    out += "| `" + std::string(row.name) + "` | " + row.type + " | " + fallback + " | " + row.meaning + " | " + also +
           " |\n";
  }
  return out;
}

}  // namespace treering
