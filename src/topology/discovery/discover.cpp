#include "topology/discovery/discover.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "topology/discovery/draft.hpp"
#include "topology/discovery/gpus.hpp"
#include "topology/discovery/interfaces.hpp"
#include "topology/discovery/machine.hpp"
#include "topology/discovery/network.hpp"
#include "topology/discovery/nvidia.hpp"
#include "topology/discovery/part.hpp"
#include "topology/discovery/platform.hpp"
#include "topology/discovery/rdma.hpp"
#include "topology/discovery/system_files.hpp"

namespace treering::topology {
namespace {

std::string host_name(const std::string& root) {
  char name[256] = "";
  const bool is_known = root == "/" && gethostname(name, sizeof name - 1) == 0 && name[0] != '\0';
  return is_known ? name : "host0";
}

Result<std::vector<Interface>> interfaces_of(const std::string& root) {
  std::vector<Interface> found = interfaces(SystemFiles(root));
  if (root == "/") add_addresses(found);
  return found;
}

/// Empty where none is to be asked.
std::string nvml_for(const DiscoveryOptions& options) {
  if (!options.nvidia || !options.nvml.empty()) return options.nvidia ? options.nvml : "";
  return options.root == "/" ? "libnvidia-ml.so.1" : "";
}

struct Platform {
  std::vector<HostFact> host = {};
  std::vector<DeviceFact> devices = {};
};

Platform platform_of(const SystemFiles& files) {
  Platform platform{cloud_facts(files), pci_facts(files)};
  for (auto facts : {gpudirect_facts(files), setting_facts(files)})
    std::ranges::move(facts, std::back_inserter(platform.host));
  return platform;
}

void add_platform(Platform platform, HostDraft& draft) {
  const auto annotate = [&](NodeIndex node, HostFact& fact) {
    draft.annotate(node, std::move(fact.origin), std::move(fact.name), std::move(fact.value));
  };
  for (HostFact& fact : platform.host) annotate(draft.host(), fact);
  for (DeviceFact& of : platform.devices)
    if (const NodeIndex node = draft.device_at(of.device); node != no_node) annotate(node, of.fact);
}

/// The parts, all begun at once, and why some are left out.
class Parts {
 public:
  explicit Parts(const DiscoveryOptions& options)
      : deadline_(std::chrono::steady_clock::now() + options.deadline),
        nvidia_deadline_(std::chrono::steady_clock::now() + options.nvidia_deadline) {
    const std::string root = options.root;
    if (options.machine) machine_.emplace([root] { return discovered_machine(root); });
    if (options.interfaces) interfaces_.emplace([root] { return interfaces_of(root); });
    if (options.rdma) {
      rdma_.emplace([root]() -> Result<std::vector<RdmaDevice>> { return rdma_devices(SystemFiles(root)); });
    }
    if (const std::string library = nvml_for(options); !library.empty()) {
      nvidia_.emplace([library] { return nvidia_gpus(library); });
    }
    if (options.platform) {
      platform_.emplace([root]() -> Result<Platform> { return platform_of(SystemFiles(root)); });
    }
  }

  Topology machine() { return found(machine_, "machine", deadline_); }
  std::vector<Interface> interfaces() { return found(interfaces_, "interfaces", deadline_); }
  std::vector<RdmaDevice> rdma() { return found(rdma_, "rdma", deadline_); }
  Nvidia nvidia() { return found(nvidia_, "nvidia", nvidia_deadline_); }
  Platform platform() { return found(platform_, "platform", deadline_); }
  const std::vector<std::pair<std::string, std::string>>& left_out() const { return left_out_; }

 private:
  template <class T>
  T found(std::optional<Part<T>>& part, const char* name, std::chrono::steady_clock::time_point deadline) {
    if (!part) return {};
    Result<T> result = part->result_by(deadline);
    if (result) return *std::move(result);
    left_out_.emplace_back(name, result.error().message);
    return {};
  }

  std::chrono::steady_clock::time_point deadline_, nvidia_deadline_;
  std::optional<Part<Topology>> machine_;
  std::optional<Part<std::vector<Interface>>> interfaces_;
  std::optional<Part<std::vector<RdmaDevice>>> rdma_;
  std::optional<Part<Nvidia>> nvidia_;
  std::optional<Part<Platform>> platform_;
  std::vector<std::pair<std::string, std::string>> left_out_;
};

}  // namespace

Result<Topology> discovered_host(const DiscoveryOptions& options) {
  Parts parts(options);
  const Topology machine = parts.machine();
  HostDraft draft(machine, host_name(options.root));
  const SystemFiles files(options.root);
  const auto boot = files.name("proc/sys/kernel/random/boot_id");
  draft.node(draft.host()).identity = boot.value_or("");
  const std::vector<Interface> interfaces = parts.interfaces();
  add_network(interfaces, parts.rdma(), draft);
  add_gpus(parts.nvidia(), files, draft);
  add_platform(parts.platform(), draft);
  return std::move(draft).build(parts.left_out());
}

}  // namespace treering::topology
