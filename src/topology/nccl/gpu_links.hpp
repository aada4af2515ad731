// What the elements inside of <gpu> say of links.
#pragma once

#include <cstdint>
#include <map>
#include <pugixml.hpp>
#include <string_view>
#include <tuple>
#include <vector>

#include "topology/builder.hpp"
#include "topology/nccl/address_index.hpp"

namespace treering::topology {

/// A GPU that was read, and where it lies.
struct GpuElement {
  NodeIndex node = no_node;
  NodeIndex domain = no_node;
  NodeIndex host = no_node;
  pugi::xml_node xml;
};

/// Takes GPU after GPU, and then makes the links of all. Two GPUs each say what leaves them: both together are one link
/// that goes both ways, one alone is a link that goes one way.
class GpuLinks {
 public:
  void add(const GpuElement& gpu) { gpus_.push_back(gpu); }
  /// Where a GPU is, be there an element for it or, in a template, none.
  void add_address(NodeIndex host, const PciAddress& address, NodeIndex gpu) { addresses_.add(host, address, gpu); }

  /// Adds NVSwitches and links. Where there are `several_hosts`, an NVSwitch of no true address is outside of them:
  /// then they share an NVLink domain, since NCCL writes no others into one file.
  void build(TopologyBuilder& builder, bool several_hosts);

 private:
  void take(TopologyBuilder& builder, const GpuElement& gpu, pugi::xml_node element);
  void take_peer(const GpuElement& gpu, NodeIndex peer, const Link& link);
  NodeIndex nvswitch(TopologyBuilder& builder, NodeIndex host, const PciAddress& address);

  bool several_hosts_ = false;
  std::vector<GpuElement> gpus_;
  AddressIndex addresses_;
  AddressIndex nvswitches_;
  std::map<NodeIndex, std::uint32_t> nvswitch_counts_;  // by host
  std::vector<Link> links_;
  /// Links (from, to, type) of which the other end has said nothing yet; a cursor into each list.
  struct Open {
    std::vector<std::size_t> links;
    std::size_t next = 0;
  };
  std::map<std::tuple<NodeIndex, NodeIndex, LinkType>, Open> open_;
};

}  // namespace treering::topology
