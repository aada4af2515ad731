// From nodes to elements.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topology/adjacency.hpp"
#include "topology/nccl/address_index.hpp"
#include "topology/nccl/element.hpp"
#include "topology/topology.hpp"

namespace treering::topology {

/// Writes one topology, which must outlive it.
class Writing {
 public:
  explicit Writing(const Topology& topology);

  pugi::xml_document document();

 private:
  using Arcs = std::multimap<std::pair<NodeIndex, LinkType>, LinkIndex>;  // by the node at the other end

  void write(NodeIndex node);
  pugi::xml_node write_cpu(NodeIndex node);
  pugi::xml_node write_pci(NodeIndex node);
  pugi::xml_node write_other(NodeIndex node);
  void write_gpu(NodeIndex node, pugi::xml_node around);
  void write_nic(NodeIndex node, pugi::xml_node around);
  void write_net(NodeIndex end, pugi::xml_node nic);

  void write_links_of_gpu(NodeIndex gpu, pugi::xml_node element);
  bool leaves_gpu(NodeIndex gpu, const Arc& arc) const;
  bool takes_link(NodeIndex gpu, Element& element, Arcs& links) const;
  void write_link(NodeIndex gpu, const Arc& arc, pugi::xml_node element) const;
  std::string class_of(NodeIndex node) const;
  NodeIndex end_of(NodeIndex gpu, LinkType type, const Element& element) const;
  NodeIndex domain_around(NodeIndex node) const;

  pugi::xml_node element_around(NodeIndex node);
  pugi::xml_node first_cpu(NodeIndex host);
  void say_host(Element& cpu, NodeIndex host) const;
  PciAddress address_of(NodeIndex node) const;
  const Link* pcie_link(NodeIndex node) const;
  const Link* network_link(NodeIndex end) const;
  bool has_net(NodeIndex end) const;
  bool has_ports(NodeIndex nic) const;
  bool has_nets(NodeIndex nic) const;
  bool has_gpu(NodeIndex node) const;
  bool was_read(NodeIndex node, std::string_view origin) const;
  NodeIndex host(NodeIndex node) const;

  const Topology& topology_;
  const Adjacency adjacency_;
  const Containment parts_;
  AddressIndex gpu_addresses_;
  AddressIndex nvswitch_addresses_;
  std::vector<PciAddress> addresses_;             // of every node, made up where there is none
  std::vector<pugi::xml_node> elements_;          // that hold what lies in the node
  std::map<NodeIndex, NodeIndex> first_domains_;  // of each host
  std::uint32_t hosts_ = 0;
  std::uint32_t unidentified_hosts_ = 0;
  std::uint32_t gpus_ = 0;
  std::uint32_t nets_ = 0;
  pugi::xml_document document_;
  pugi::xml_node system_;
};

}  // namespace treering::topology
