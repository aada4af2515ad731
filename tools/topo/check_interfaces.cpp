// Network interfaces that are down, and those whose packets are of another size than those of their peers.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"
#include "topology/settings.hpp"

namespace treering::topo {
namespace {

struct Interface {
  NodeIndex node = topology::no_node, host = topology::no_node;
  std::string name = {}, master = {};  ///< a bond or bridge; empty where it belongs to none
  bool is_virtual = false, is_up = false, lacks_carrier = false;
  std::uint64_t mtu = 0;  ///< 0: not known
};

std::vector<Interface> interfaces_of(const Topology& topology) {
  const auto fact = [&](NodeIndex node, const char* name) {
    return said(topology, node, topology::interface_origin, name);
  };
  std::vector<Interface> interfaces;
  for (NodeIndex node = 0; node < topology.nodes().size(); ++node) {
    const std::string_view name = fact(node, topology::interface_name), state = fact(node, topology::state_name);
    const NodeIndex host = topology::host_of(topology.nodes(), node);
    if (name.empty() || state.empty() || host == topology::no_node) continue;
    const bool is_member = !fact(node, topology::master_kind_name).empty();
    const bool lacks_carrier = !fact(node, topology::carrier_name).empty();
    interfaces.push_back({.node = node,
                          .host = host,
                          .name = std::string(name),
                          .master = std::string(is_member ? fact(node, topology::master_name) : ""),
                          .is_virtual = topology.node(node).kind == topology::NodeKind::other,
                          .is_up = topology::is_interface_up(state, lacks_carrier),
                          .lacks_carrier = lacks_carrier,
                          .mtu = number_in(fact(node, topology::mtu_name))});
  }
  return interfaces;
}

/// "eth1 of host0 is down", and what the kernel knows of why.
std::string down_text(const Topology& topology, const Interface& one) {
  return fmt::format("{} of {} {}", one.name, name_of(topology, one.host),
                     one.lacks_carrier ? "has no carrier" : "is down");
}

/// The value that most have; where no value has more than another, the largest.
std::uint64_t usual_mtu(const std::vector<const Interface*>& interfaces) {
  std::map<std::uint64_t, std::size_t> times;
  for (const Interface* const one : interfaces) ++times[one->mtu];
  return std::ranges::max_element(times, {}, [](const auto& entry) { return std::pair(entry.second, entry.first); })
      ->first;
}

class Interfaces {
 public:
  Interfaces(const Topology& topology, std::vector<Finding>& found)
      : topology_(topology), found_(found), interfaces_(interfaces_of(topology)) {
    for (const Interface& one : interfaces_) {
      by_name_[one.name].push_back(&one);
      if (!one.master.empty()) by_master_[{one.host, one.master}].push_back(&one);
    }
  }

  /// A port without a cable is nothing wrong, unless its like on most other hosts has one, or its bond's others do.
  void find_down() {
    std::map<std::string_view, std::size_t> up_by_name;
    for (const Interface& one : interfaces_) up_by_name[one.name] += one.is_up;
    for (const Interface& one : interfaces_) {
      if (one.is_up || one.is_virtual) continue;
      const std::size_t like = by_name_[one.name].size(), up = up_by_name[one.name];
      if (like >= least_hosts && up * 4 >= like * 3)
        add(fmt::format("{} (that of {} of {} hosts is up)", down_text(topology_, one), up, like));
      else if (!one.master.empty())
        add(fmt::format("{} (it belongs to {}, which lacks it)", down_text(topology_, one), one.master));
      else
        found_.push_back({Finding::Kind::note, down_text(topology_, one) + " (no data goes that way)"});
    }
  }

  /// Packets that are larger than a peer takes are lost without a word: connections come about, and hang with the first
  /// long message.
  void find_mtu_between_hosts() {
    for (auto& [name, like] : by_name_) {
      std::erase_if(like, [&](const Interface* one) { return !one->is_up || one->mtu == 0 || !is_peer(*one); });
      if (like.size() < 2) continue;
      const std::uint64_t usual = usual_mtu(like);
      for (const Interface* const one : like)
        if (one->mtu != usual)
          add(
              fmt::format("{} of {} takes packets of {} bytes (on other hosts {}: what is larger than a peer takes is "
                          "lost, and connections hang at long messages) ip link set {} mtu {}, if the switches take it",
                          name, name_of(topology_, one->host), one->mtu, usual, name, usual));
    }
  }

  void find_mtu_of_members() {
    for (const auto& [master, members] : by_master_) {
      std::set<std::uint64_t> sizes;
      for (const Interface* const one : members)
        if (one->is_up && one->mtu > 0) sizes.insert(one->mtu);
      if (sizes.size() < 2) continue;
      std::string text;
      for (const Interface* const one : members)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", one->name, one->mtu);
      add(
          fmt::format("members of {} of {} take packets of different sizes (MTU of {}: what is larger than the "
                      "smallest is lost there) ip link set .. mtu {}",
                      master.second, name_of(topology_, master.first), text, *sizes.begin()));
    }
  }

 private:
  static constexpr std::size_t least_hosts = 4;

  /// Adapters, and bonds and bridges of them: not those that containers and virtual machines of this host meet at.
  bool is_peer(const Interface& one) const { return !one.is_virtual || by_master_.contains({one.host, one.name}); }
  void add(std::string message) { found_.push_back({Finding::Kind::interface, std::move(message)}); }

  const Topology& topology_;
  std::vector<Finding>& found_;
  const std::vector<Interface> interfaces_;
  std::map<std::string, std::vector<const Interface*>> by_name_;
  std::map<std::pair<NodeIndex, std::string>, std::vector<const Interface*>> by_master_;  // by host and name
};

}  // namespace

void find_interfaces(const Topology& topology, std::vector<Finding>& found) {
  Interfaces interfaces(topology, found);
  interfaces.find_down();
  interfaces.find_mtu_of_members();
  interfaces.find_mtu_between_hosts();
}

}  // namespace treering::topo
