#include "topology/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

namespace treering::topology {
namespace {

constexpr std::array<std::string_view, node_kinds> kinds{
    "rack",       "host",       "package", "numa",     "group", "cache", "core",           "thread", "pci-bridge",
    "pci-switch", "pci-device", "gpu",     "nvswitch", "nic",   "port",  "network-switch", "other"};
constexpr std::array<std::string_view, node_kinds> nouns{
    "rack",        "host",        "socket",      "NUMA domain", "group",    "cache", "core", "hardware thread",
    "PCIe bridge", "PCIe switch", "PCIe device", "GPU",         "NVSwitch", "NIC",   "port", "network switch",
    "other part"};
constexpr std::array<std::string_view, link_types> types{"pcie",       "nvlink",   "xgmi",    "c2c",  "memory",
                                                         "infiniband", "ethernet", "network", "other"};

template <class Value, std::size_t n>
std::optional<Value> value_of(const std::array<std::string_view, n>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}

/// Takes hexadecimal digits, at least one, and the separator after them off the text.
template <class Number>
bool take(std::string_view& text, char separator, Number& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (problem != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (separator == '\0') return text.empty();
  if (!text.starts_with(separator)) return false;
  text.remove_prefix(1);
  return true;
}

std::size_t hash_of(NodeIndex host, std::string_view name) {
  return std::hash<std::string_view>{}(name) ^ (std::size_t{host} + 1) * 0x9e3779b97f4a7c15u;
}

NodeIndex scope_of(std::span<const Node> nodes, NodeIndex node) {
  const NodeIndex parent = nodes[node].parent;
  return parent == no_node ? no_node : host_of(nodes, parent);
}

}  // namespace

std::string_view name_of(NodeKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}
std::string_view noun_of(NodeKind kind) {
  return nouns[static_cast<std::size_t>(kind)];
}
std::optional<NodeKind> node_kind(std::string_view name) {
  return value_of<NodeKind>(kinds, name);
}
std::string_view name_of(LinkType type) {
  return types[static_cast<std::size_t>(type)];
}
std::optional<LinkType> link_type(std::string_view name) {
  return value_of<LinkType>(types, name);
}

std::string text_of(const PciAddress& address) {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", address.domain, address.bus, address.device, address.function);
}

std::optional<PciAddress> pci_address(std::string_view text) {
  PciAddress address;
  const bool whole = take(text, ':', address.domain) && take(text, ':', address.bus) &&
                     take(text, '.', address.device) && take(text, '\0', address.function);
  return whole ? std::optional(address) : std::nullopt;
}

NodeIndex host_of(std::span<const Node> nodes, NodeIndex node) {
  while (node != no_node && nodes[node].kind != NodeKind::host) node = nodes[node].parent;
  return node;
}

bool lies_in(std::span<const Node> nodes, NodeIndex node, NodeIndex whole) {
  while (node != no_node && node != whole) node = nodes[node].parent;
  return node == whole;
}

std::string full_name(std::span<const Node> nodes, NodeIndex node) {
  const NodeIndex host = scope_of(nodes, node);
  return host == no_node ? nodes[node].name : fmt::format("{}/{}", nodes[host].name, nodes[node].name);
}

NameIndex::NameIndex(std::span<const Node> nodes) {
  for (std::size_t count = 1; count <= nodes.size(); ++count) add_last(nodes.first(count));
}

bool NameIndex::add_last(std::span<const Node> nodes) {
  if (2 * (used_ + 1) > slots_.size()) grow(nodes);
  const auto last = static_cast<NodeIndex>(nodes.size() - 1);
  NodeIndex& slot = slots_[slot_of(nodes, scope_of(nodes, last), nodes[last].name)];
  if (slot != no_node) return false;
  slot = last;
  ++used_;
  return true;
}

NodeIndex NameIndex::find(std::span<const Node> nodes, std::string_view full_name) const {
  if (slots_.empty()) return no_node;
  const std::size_t slash = full_name.find('/');
  if (slash == std::string_view::npos) return slots_[slot_of(nodes, no_node, full_name)];
  const NodeIndex host = slots_[slot_of(nodes, no_node, full_name.substr(0, slash))];
  return host == no_node ? no_node : slots_[slot_of(nodes, host, full_name.substr(slash + 1))];
}

std::size_t NameIndex::slot_of(std::span<const Node> nodes, NodeIndex host, std::string_view name) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash_of(host, name) & mask;; slot = (slot + 1) & mask) {
    const NodeIndex taken = slots_[slot];
    if (taken == no_node || (nodes[taken].name == name && scope_of(nodes, taken) == host)) return slot;
  }
}

void NameIndex::grow(std::span<const Node> nodes) {
  const std::vector<NodeIndex> old = std::move(slots_);
  slots_.assign(std::max<std::size_t>(16, 2 * old.size()), no_node);
  for (const NodeIndex node : old) {
    if (node != no_node) slots_[slot_of(nodes, scope_of(nodes, node), nodes[node].name)] = node;
  }
}

}  // namespace treering::topology
