// How hosts are set up; see "This host" in docs/topology.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "options/option_values.hpp"
#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"
#include "topology/settings.hpp"

namespace treering::topo {
namespace {

using topology::NodeKind;

/// A host, and the parts of it that its settings are about.
struct Host {
  NodeIndex node = topology::no_node;
  std::size_t cores = 0, domains = 0, gpus = 0;
  std::size_t gpus_alike = 0;  ///< of the model of which there are most: a display and a GPU share no work
  std::map<std::string, std::size_t> models = {};  ///< of GPUs
  std::vector<NodeIndex> devices = {};             ///< GPUs, and adapters that do RDMA
  std::vector<NodeIndex> ports = {};               ///< of adapters that do RDMA
  bool has_rdma = false;
};

bool has_any_of(const Topology& topology, NodeIndex node, std::string_view origin) {
  const auto attributes = topology.node_attributes(node);
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const topology::Attribute& attribute) { return attribute.origin == origin; });
}

bool is_rdma(const Topology& topology, NodeIndex node) {
  return has_any_of(topology, node, topology::rdma_origin);
}

void count(const Topology& topology, NodeIndex part, Host& host) {
  const NodeKind kind = topology.node(part).kind;
  host.cores += kind == NodeKind::core;
  host.domains += kind == NodeKind::numa;
  if (kind == NodeKind::gpu) host.gpus_alike = std::max(host.gpus_alike, ++host.models[topology.node(part).model]);
  host.gpus += kind == NodeKind::gpu;
  host.has_rdma = host.has_rdma || is_rdma(topology, part);
  if (kind == NodeKind::gpu || (kind == NodeKind::nic && is_rdma(topology, part))) host.devices.push_back(part);
  if (has_any_of(topology, part, topology::rdma_port_origin)) host.ports.push_back(part);
}

/// Parts stand behind their hosts.
std::vector<Host> hosts_of(const Topology& topology) {
  std::vector<Host> hosts;
  std::vector<std::size_t> places(topology.nodes().size());
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    const NodeIndex host = topology::host_of(topology.nodes(), i);
    if (host == topology::no_node) continue;
    if (host == i) {
      places[i] = hosts.size();
      hosts.push_back({i});
    } else {
      count(topology, i, hosts[places[host]]);
    }
  }
  return hosts;
}

/// Its GPUs send to one another, or to an adapter. Adapters that do no RDMA reach the processor's memory alone.
bool has_peers(const Host& host) {
  return host.gpus_alike > 1 || (host.gpus > 0 && host.devices.size() > host.gpus);
}

/// The ranks that a job may have: on GPUs, and in hosts without any on cores.
struct Ranks {
  std::size_t gpus = 0, cores = 0;
};

Ranks ranks_of(const std::vector<Host>& hosts) {
  Ranks ranks;
  for (const Host& host : hosts) {
    ranks.gpus += host.gpus;
    if (host.gpus == 0) ranks.cores += host.cores;
  }
  return ranks;
}

/// "gpu0, gpu1, nic0 and 5 more": some names, then their number.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  if (names.size() <= most + 1) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + most, ", "), names.size() - most);
}

/// Looks at one host.
class HostSettings {
 public:
  HostSettings(const Topology& topology, const Host& host, std::vector<Finding>& found)
      : topology_(topology), host_(host), name_(name_of(topology, host.node)), found_(found) {}

  /// Each process of a job locks what it sends and receives: at most its share of the memory, if no core is idle.
  void find_low_memlock() {
    const std::string_view limit = setting(topology::memlock_name);
    if (!host_.has_rdma || limit.empty() || limit == topology::unlimited_text) return;
    const std::uint64_t bytes = number_in(limit), memory = number_in(setting(topology::memory_name));
    const std::uint64_t share = host_.cores == 0 ? 0 : memory / host_.cores;
    if (share > 0 && bytes >= share) return;
    const std::string why = share > 0 ? fmt::format("; of {} for {} that is {} each", size_text(memory),
                                                    counted(host_.cores, "core"), size_text(share))
                                      : std::string();
    add(fmt::format(
        "a process on {} may lock {} of memory (RDMA locks all that it sends and receives{}) set memlock to "
        "unlimited in limits.conf, LimitMEMLOCK=infinity of a service, or docker run --ulimit memlock=-1",
        name_, size_text(bytes), why));
  }

  /// Ranks of Treering keep nothing there, which other libraries do. NCCL gives up where it finds no place; MPI takes
  /// another way.
  void find_small_shm() {
    const std::string_view size = setting(topology::shm_name), left = setting(topology::shm_free_name);
    if (size.empty()) return;
    const std::uint64_t bytes = number_in(size), free_bytes = left.empty() ? bytes : number_in(left);
    if (host_.gpus_alike > 1 && free_bytes < host_.gpus_alike * shm_of_rank)
      add(small_shm_text(bytes, free_bytes, host_.gpus_alike, "NCCL puts", "GPU"));
    else if (free_bytes < host_.cores * shm_of_rank)
      note(small_shm_text(bytes, free_bytes, host_.cores, "NCCL and MPI put", "core"));
  }

  /// A rank has a socket for each other that it talks to, which may be all. Jobs on cores seldom have all of them.
  void find_few_files(const Ranks& all) {
    constexpr std::size_t of_its_own = 64;
    const std::string_view limit = setting(topology::files_name);
    const bool has_gpus = host_.gpus > 0;
    const std::size_t needed = (has_gpus ? all.gpus : all.cores) + of_its_own;
    if (limit.empty() || limit == topology::unlimited_text || number_in(limit) >= needed) return;
    std::string text = fmt::format(
        "a process on {} may open {} files (one that talks to each rank of a job on all {} takes a socket for each, "
        "and some more) set nofile in limits.conf, LimitNOFILE= of a service, or docker run --ulimit nofile={}",
        name_, limit, has_gpus ? counted(all.gpus, "GPU") : counted(all.cores, "core"), std::bit_ceil(needed));
    if (has_gpus || number_in(limit) < host_.cores + of_its_own)
      add(std::move(text));
    else
      note(std::move(text));
  }

  void find_balancing() {
    const std::uint64_t mode = number_in(setting(topology::balancing_name));
    if (host_.domains < 2 || mode == 0) return;
    note(fmt::format(
        "{} moves memory between its {} NUMA domains (kernel.numa_balancing is {}: pages are taken away for a "
        "moment to see who uses them; bound ranks lose a little) sysctl -w kernel.numa_balancing=0",
        name_, host_.domains, mode));
  }

  void find_redirects() {
    if (!has_peers(host_)) return;
    std::set<std::string> bridges;
    std::vector<std::string> devices;
    for (const NodeIndex device : host_.devices) {
      std::string_view above = said(topology_, device, topology::pci_origin, topology::acs_name);
      if (above.empty() || above == topology::acs_off || above == topology::acs_unknown) continue;
      devices.push_back(topology_.node(device).name);
      while (!above.empty()) {
        const std::size_t end = std::min(above.find(' '), above.size());
        bridges.emplace(above.substr(0, end));
        above.remove_prefix(std::min(end + 1, above.size()));
      }
    }
    if (bridges.empty()) return;
    add(fmt::format(
        "PCIe bridges send up to the processor what goes from {} of {} to neighbours (access control "
        "services are on at {}) setpci -s {} ECAP_ACS+6.w=0:2c, each; or boot with pci=disable_acs_redir; not under "
        "virtual machines",
        some_of(devices), name_, some_of({bridges.begin(), bridges.end()}), *bridges.begin()));
  }

  void find_translation() {
    if (host_.gpus_alike < 2 && !host_.has_rdma) return;
    std::vector<std::string> devices;
    std::set<std::string> kinds;
    for (const NodeIndex device : host_.devices) {
      const std::string_view kind = said(topology_, device, topology::pci_origin, topology::iommu_name);
      if (kind.empty() || kind == "identity") continue;
      devices.push_back(topology_.node(device).name);
      kinds.emplace(kind);
    }
    if (devices.empty()) return;
    add(fmt::format(
        "the IOMMU of {} translates addresses of {} ({}: what devices send one another may go by the "
        "processor, and to register memory takes longer) boot with iommu=pt, on Arm iommu.passthrough=1, or "
        "switch it off in the firmware",
        name_, some_of(devices), fmt::join(kinds, ", ")));
  }

  /// GPUs of other makers, and hosts whose driver nobody asked, say nothing of it.
  void find_no_gpudirect() {
    const auto gpudirect = [&](const char* name) {
      return said(topology_, host_.node, topology::gpudirect_origin, name);
    };
    const std::string_view peermem = gpudirect(topology::peermem_name), dma_buf = gpudirect(topology::dma_buf_name);
    constexpr std::string_view no = "no: ";
    if (host_.gpus == 0 || !host_.has_rdma || peermem != topology::not_loaded || !dma_buf.starts_with(no)) return;
    add(fmt::format(
        "adapters of {} do not reach the memory of its GPUs (peermem is not loaded, and dma-buf {}; all goes "
        "through the processor's memory) modprobe nvidia-peermem",
        name_, dma_buf.substr(no.size())));
  }

  /// RoCE v1 does not pass routers, and NCCL asks for v2. iWARP is neither.
  void find_no_roce_v2(NodeIndex port) {
    if (is_iwarp(port)) return;
    bool is_up = false, is_ethernet = false, has_address = false;
    for (const topology::Attribute& attribute : topology_.node_attributes(port)) {
      if (attribute.origin != topology::rdma_port_origin) continue;
      is_up = is_up || (attribute.name == "state" && attribute.value.ends_with("ACTIVE"));
      is_ethernet = is_ethernet || (attribute.name == "link_layer" && attribute.value == "Ethernet");
      has_address = has_address || (attribute.name.starts_with("gid ") && attribute.value.ends_with("RoCE v2"));
    }
    if (is_up && is_ethernet && !has_address)
      add(fmt::format(
          "{} has no address of RoCE v2 (the table of its port has none, so no connection can name one) give "
          "its network interface an IP address",
          name_of(topology_, port)));
  }

 private:
  std::string_view setting(std::string_view name) const {
    return said(topology_, host_.node, topology::settings_origin, name);
  }
  /// An adapter, or a port of one.
  bool is_iwarp(NodeIndex port) const {
    const NodeIndex above = topology_.node(port).parent;
    for (const NodeIndex node : {port, above})
      if (node != topology::no_node &&
          said(topology_, node, topology::rdma_origin, topology::node_type_name).ends_with("RNIC"))
        return true;
    return false;
  }
  std::string small_shm_text(std::uint64_t bytes, std::uint64_t free_bytes, std::size_t ranks, const char* who,
                             const char* of) const {
    const std::uint64_t needed = ranks * shm_of_rank;
    const std::string why =
        fmt::format("{} some {} a rank there, which for a rank on each of {} is {}; Treering needs none", who,
                    size_text(shm_of_rank), counted(ranks, of), size_text(needed));
    if (bytes >= needed)
      return fmt::format("/dev/shm of {} has {} left of {} ({}) delete what jobs that are over have left there", name_,
                         size_text(free_bytes), size_text(bytes), why);
    return fmt::format("/dev/shm of {} holds {} ({}) mount -o remount,size={} /dev/shm, or docker run --shm-size={}",
                       name_, size_text(bytes), why, needed, needed);
  }
  void add(std::string message) { found_.push_back({Finding::Kind::setting, std::move(message)}); }
  void note(std::string message) { found_.push_back({Finding::Kind::note, std::move(message)}); }

  static constexpr std::uint64_t shm_of_rank = 8 << 20;

  const Topology& topology_;
  const Host& host_;
  const std::string name_;
  std::vector<Finding>& found_;
};

}  // namespace

void find_settings(const Topology& topology, std::vector<Finding>& found) {
  const std::vector<Host> hosts = hosts_of(topology);
  const Ranks ranks = ranks_of(hosts);
  for (const Host& host : hosts) {
    HostSettings settings(topology, host, found);
    settings.find_low_memlock();
    settings.find_few_files(ranks);
    settings.find_small_shm();
    settings.find_balancing();
    settings.find_redirects();
    settings.find_translation();
    settings.find_no_gpudirect();
    for (const NodeIndex port : host.ports) settings.find_no_roce_v2(port);
  }
}

std::string unseen_text(const Topology& topology) {
  std::size_t devices = 0;
  for (const Host& host : hosts_of(topology)) {
    if (!has_peers(host)) continue;
    devices += static_cast<std::size_t>(std::ranges::count_if(host.devices, [&](NodeIndex device) {
      return said(topology, device, topology::pci_origin, topology::acs_name) == topology::acs_unknown;
    }));
  }
  if (devices == 0) return "";
  return fmt::format(
      "not looked at: PCIe access control services above {} (root alone can read them, in a container with "
      "CAP_SYS_ADMIN) run this as root\n",
      counted(devices, "device"));
}

}  // namespace treering::topo
