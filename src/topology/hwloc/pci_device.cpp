#include "topology/hwloc/pci_device.hpp"

#include <charconv>
#include <string>
#include <string_view>

#include "topology/hwloc/object.hpp"

namespace treering::topology {
namespace {

constexpr unsigned nvidia = 0x10de;
constexpr unsigned amd = 0x1002;

struct PciIdentity {
  unsigned device_class = 0;  ///< base class and subclass (PCI Code and ID Assignment Specification)
  unsigned vendor = 0;
};

unsigned hexadecimal(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

/// From "0302 [10de:1db1] [10de:1212] a1"; 0 where it is not there.
PciIdentity pci_identity(pugi::xml_node object) {
  const std::string_view text = object.attribute("pci_type").value();
  if (text.size() < 10) return {};
  return {.device_class = hexadecimal(text.substr(0, 4)), .vendor = hexadecimal(text.substr(6, 4))};
}

std::string_view name_of_device(pugi::xml_node object) {
  return object.attribute("name").value();
}

/// A device that programs compute on. `card0` alone is none: displays of management controllers have one too.
bool is_accelerator(pugi::xml_node device) {
  if (osdev_type(device) == OsDeviceType::coprocessor) return true;
  const std::string_view name = name_of_device(device);
  return osdev_type(device) == OsDeviceType::gpu && (name.starts_with("nvml") || name.starts_with("rsmi"));
}

bool is_gpu_by_class(const PciIdentity& identity) {
  switch (identity.device_class) {
    case 0x0300:  // VGA: graphics cards, and displays of management controllers
    case 0x0380:  // other display
      return identity.vendor == nvidia || identity.vendor == amd;
    case 0x0302:  // 3D
    case 0x1200:  // processing accelerator
      return true;
    default: return false;
  }
}

void set_if_empty(std::string& text, std::string_view value) {
  if (text.empty()) text = value;
}

/// "506b:4b03:003c:eee8"
std::uint64_t guid_in(std::string_view text) {
  std::uint64_t guid = 0;
  int digits = 0;
  for (const char c : text) {
    if (c == ':') continue;
    unsigned digit = 0;
    if (std::from_chars(&c, &c + 1, digit, 16).ec != std::errc() || ++digits > 16) return 0;
    guid = guid << 4 | digit;
  }
  return guid;
}

void describe_gpu(pugi::xml_node device, Node& node) {
  set_if_empty(node.model, info_of(device, "GPUModel"));
  set_if_empty(node.identity, info_of(device, "NVIDIAUUID"));
  set_if_empty(node.identity, info_of(device, "AMDUUID"));
  // As the drivers count: in the order of PCI. `cuda0` may be any, by CUDA_VISIBLE_DEVICES.
  const std::string_view name = name_of_device(device);
  if (name.starts_with("nvml") || name.starts_with("rsmi")) node.number = number_in(name.substr(4));
}

}  // namespace

OsDeviceType osdev_type(pugi::xml_node object) {
  if (std::string_view(object.attribute("type").value()) != "OSDev") return OsDeviceType::unknown;
  const int type = object.attribute("osdev_type").as_int(-1);
  return type >= 0 && type <= 5 ? static_cast<OsDeviceType>(type) : OsDeviceType::unknown;
}

NodeKind kind_of_pci_device(pugi::xml_node object) {
  if (std::string_view(object.attribute("subtype").value()) == "NVSwitch") return NodeKind::nvswitch;
  const PciIdentity identity = pci_identity(object);
  if (is_gpu_by_class(identity)) return NodeKind::gpu;
  if (identity.device_class >> 8 == 0x02) return NodeKind::nic;
  if (identity.vendor == nvidia && identity.device_class == 0x0680) return NodeKind::nvswitch;
  for (const pugi::xml_node device : object.children("object")) {
    const OsDeviceType type = osdev_type(device);
    if (type == OsDeviceType::network || type == OsDeviceType::openfabrics) return NodeKind::nic;
    if (is_accelerator(device)) return NodeKind::gpu;
  }
  return NodeKind::pci_device;
}

void describe_pci_device(pugi::xml_node object, Node& node) {
  for (const pugi::xml_node device : object.children("object")) {
    if (node.kind == NodeKind::gpu) describe_gpu(device, node);
    if (node.kind == NodeKind::nic && node.guid == 0) node.guid = guid_in(info_of(device, "NodeGUID"));
  }
  set_if_empty(node.model, info_of(object, "PCIDevice"));
}

}  // namespace treering::topology
