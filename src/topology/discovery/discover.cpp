#include "topology/discovery/discover.hpp"

#include <unistd.h>

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

std::vector<HostFact> platform_of(const SystemFiles& files) {
  std::vector<HostFact> facts = cloud_facts(files);
  for (HostFact& fact : gpudirect_facts(files)) facts.push_back(std::move(fact));
  return facts;
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
      platform_.emplace([root]() -> Result<std::vector<HostFact>> { return platform_of(SystemFiles(root)); });
    }
  }

  Topology machine() { return found(machine_, "machine", deadline_); }
  std::vector<Interface> interfaces() { return found(interfaces_, "interfaces", deadline_); }
  std::vector<RdmaDevice> rdma() { return found(rdma_, "rdma", deadline_); }
  Nvidia nvidia() { return found(nvidia_, "nvidia", nvidia_deadline_); }
  std::vector<HostFact> platform() { return found(platform_, "platform", deadline_); }
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
  std::optional<Part<std::vector<HostFact>>> platform_;
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
  for (HostFact& fact : parts.platform()) {
    draft.annotate(draft.host(), std::move(fact.origin), std::move(fact.name), std::move(fact.value));
  }
  return std::move(draft).build(parts.left_out());
}

}  // namespace treering::topology
