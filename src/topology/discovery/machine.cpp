#include "topology/discovery/machine.hpp"

#include <hwloc.h>

#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "topology/hwloc/xml.hpp"

namespace treering::topology {
namespace {

/// Tells the library of another root in the only way that there is.
class RootInEnvironment {
 public:
  explicit RootInEnvironment(const std::string& root) : is_set_(root != "/") {
    if (!is_set_) return;
    const char* before = std::getenv(name);
    had_ = before != nullptr;
    if (had_) before_ = before;
    setenv(name, root.c_str(), 1);
  }
  RootInEnvironment(const RootInEnvironment&) = delete;
  RootInEnvironment& operator=(const RootInEnvironment&) = delete;
  ~RootInEnvironment() {
    if (!is_set_) return;
    if (had_) {
      setenv(name, before_.c_str(), 1);
    } else {
      unsetenv(name);
    }
  }

 private:
  static constexpr const char* name = "HWLOC_FSROOT";
  bool is_set_;
  bool had_ = false;
  std::string before_;
};

Error failed(std::string_view call) {
  return {Code::system_error, std::string(call) + " failed (" + std::generic_category().message(errno) +
                                  ") run lstopo to see what hwloc finds"};
}

using Loaded = std::unique_ptr<hwloc_topology, void (*)(hwloc_topology_t)>;

void leave_out(hwloc_topology_t topology, std::initializer_list<const char*> components) {
  for (const char* component : components) {
    hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, component);
  }
}

}  // namespace

Result<Topology> discovered_machine(const std::string& root) {
  const RootInEnvironment environment(root);
  hwloc_topology_t created = nullptr;
  if (hwloc_topology_init(&created) != 0) return failed("hwloc_topology_init");
  const Loaded topology(created, hwloc_topology_destroy);
  // They start drivers or connect to displays, which can take seconds and tells nothing of links.
  leave_out(topology.get(), {"cuda", "gl", "levelzero", "opencl"});
  // NVML is a part of its own: a driver that hangs takes nothing else with it, and NVLinks are not told twice.
  leave_out(topology.get(), {"nvml"});
  // libpciaccess, which leaks 1 KB each time; sysfs says the same of PCI, but for the names in pci.ids.
  leave_out(topology.get(), {"pci"});
  if (root != "/") leave_out(topology.get(), {"x86"});  // it asks the processor that it runs on
  hwloc_topology_set_io_types_filter(topology.get(), HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
  if (hwloc_topology_load(topology.get()) != 0) return failed("hwloc_topology_load");
  if (root != "/" && hwloc_topology_is_thissystem(topology.get()) != 0) {
    return Error{Code::invalid_argument, root +
                                             " holds no copy of the files of a host (hwloc looked at this one instead) "
                                             "make one with hwloc-gather-topology"};
  }
  char* text = nullptr;
  int size = 0;  // with the 0 at the end
  if (hwloc_topology_export_xmlbuffer(topology.get(), &text, &size, 0) != 0) {
    return failed("hwloc_topology_export_xmlbuffer");
  }
  auto found = topology_from_hwloc_xml(std::string_view(text, static_cast<std::size_t>(size) - 1), "hwloc");
  hwloc_free_xmlbuffer(topology.get(), text);
  return found;
}

}  // namespace treering::topology
