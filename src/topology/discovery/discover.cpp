#include "topology/discovery/discover.hpp"

#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "topology/discovery/draft.hpp"
#include "topology/discovery/interfaces.hpp"
#include "topology/discovery/machine.hpp"
#include "topology/discovery/network.hpp"
#include "topology/discovery/part.hpp"
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

/// The parts, all begun at once, and why some are left out.
class Parts {
 public:
  explicit Parts(const DiscoveryOptions& options) : deadline_(std::chrono::steady_clock::now() + options.deadline) {
    const std::string root = options.root;
    if (options.machine) machine_.emplace([root] { return discovered_machine(root); });
    if (options.interfaces) interfaces_.emplace([root] { return interfaces_of(root); });
    if (options.rdma) {
      rdma_.emplace([root]() -> Result<std::vector<RdmaDevice>> { return rdma_devices(SystemFiles(root)); });
    }
  }

  Topology machine() { return found(machine_, "machine"); }
  std::vector<Interface> interfaces() { return found(interfaces_, "interfaces"); }
  std::vector<RdmaDevice> rdma() { return found(rdma_, "rdma"); }
  const std::vector<std::pair<std::string, std::string>>& left_out() const { return left_out_; }

 private:
  template <class T>
  T found(std::optional<Part<T>>& part, const char* name) {
    if (!part) return {};
    Result<T> result = part->result_by(deadline_);
    if (result) return *std::move(result);
    left_out_.emplace_back(name, result.error().message);
    return {};
  }

  std::chrono::steady_clock::time_point deadline_;
  std::optional<Part<Topology>> machine_;
  std::optional<Part<std::vector<Interface>>> interfaces_;
  std::optional<Part<std::vector<RdmaDevice>>> rdma_;
  std::vector<std::pair<std::string, std::string>> left_out_;
};

}  // namespace

Result<Topology> discovered_host(const DiscoveryOptions& options) {
  Parts parts(options);
  const Topology machine = parts.machine();
  HostDraft draft(machine, host_name(options.root));
  const auto boot = SystemFiles(options.root).name("proc/sys/kernel/random/boot_id");
  draft.node(draft.host()).identity = boot.value_or("");
  const std::vector<Interface> interfaces = parts.interfaces();
  add_network(interfaces, parts.rdma(), draft);
  return std::move(draft).build(parts.left_out());
}

}  // namespace treering::topology
