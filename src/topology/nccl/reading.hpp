// From elements to nodes.
#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "topology/builder.hpp"
#include "topology/nccl/gpu_links.hpp"

namespace treering::topology {

/// What is wrong, and with which element.
struct XmlFault {
  pugi::xml_node where;
  std::string problem;
};

/// Builds a topology from the element <system>. The first mistake sticks, and nothing is read after it.
class Reading {
 public:
  explicit Reading(const Limits& limits) : limits_(limits), builder_(limits) {}

  void read(pugi::xml_node system);
  const std::optional<XmlFault>& fault() const { return fault_; }
  Result<Topology> topology() && { return std::move(builder_).build(); }

 private:
  /// Where an element lies: the nodes around it.
  struct Place {
    NodeIndex node = no_node;
    NodeIndex domain = no_node;
    NodeIndex host = no_node;
  };

  void read_cpu(pugi::xml_node cpu);
  void read_children(pugi::xml_node element, const Place& place);
  void read_pci(pugi::xml_node pci, const Place& around);
  void read_gpu(pugi::xml_node gpu, Node node, const Place& around);
  void read_nic(pugi::xml_node nic, Node node, const Place& around, LinkType network_type);
  void read_other(pugi::xml_node element, const Place& around);
  void link_pci(const Place& around, NodeIndex node, pugi::xml_node pci);
  void link_domains();
  void link_switches();

  void name_net(Node& node, pugi::xml_node net);
  void link_net(NodeIndex end, pugi::xml_node net, LinkType type);
  void keep_elements_of(pugi::xml_node gpu, NodeIndex node);
  void keep(NodeIndex node, std::string_view origin, pugi::xml_node element);

  NodeIndex host_of_hash(const std::string& hash);
  NodeIndex network();
  NodeIndex add(Node node, NodeIndex host, pugi::xml_node where);
  void add_link(const Link& link, pugi::xml_node where);
  std::string free_name(const std::string& wanted, NodeIndex host);
  bool refuse(pugi::xml_node where, std::string problem);
  bool has_leaves_only(pugi::xml_node element, std::string_view allowed);

  const Limits limits_;
  TopologyBuilder builder_;
  std::optional<XmlFault> fault_;
  GpuLinks gpu_links_;
  AddressIndex switches_;
  std::vector<std::pair<pugi::xml_node, Place>> switch_links_;  // <pcilink>
  std::map<std::string, NodeIndex> hosts_;                      // by host_hash
  std::map<NodeIndex, std::vector<NodeIndex>> domains_;         // of each host
  NodeIndex network_ = no_node;
  std::unordered_map<std::string, std::uint32_t> names_;  // how often each was wanted
};

}  // namespace treering::topology
