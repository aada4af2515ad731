#include "tools/topo/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "tools/topo/words.hpp"

namespace treering::topo {
namespace {

using topology::NodeKind;

/// Of the cores of a domain, each alone.
class Range {
 public:
  void take(Figure gbs) {
    if (!gbs.is_known()) return;
    ++count_;
    least_ = std::min(least_, gbs.value());
    most_ = std::max(most_, gbs.value());
  }

  std::size_t count() const { return count_; }
  std::string text() const {
    if (count_ == 0) return "?";
    const std::string least = text_of(Figure(least_)), most = text_of(Figure(most_));
    return least == most ? least : fmt::format("{} to {}", least, most);
  }

 private:
  std::size_t count_ = 0;
  double least_ = std::numeric_limits<double>::infinity(), most_ = 0;
};

struct Measured {
  Range read, written;
};

std::map<NodeIndex, Measured> measured_by_domain(const Topology& topology) {
  std::map<NodeIndex, Measured> domains;
  for (const topology::Link& link : topology.links()) {
    const bool is_from = topology.node(link.from).kind == NodeKind::numa;
    const NodeIndex domain = is_from ? link.from : link.to, core = is_from ? link.to : link.from;
    if (link.type != topology::LinkType::memory || topology.node(domain).kind != NodeKind::numa ||
        topology.node(core).kind != NodeKind::core)
      continue;
    domains[domain].read.take(is_from ? link.measured.forward_gbs : link.measured.back_gbs);
    domains[domain].written.take(is_from ? link.measured.back_gbs : link.measured.forward_gbs);
  }
  return domains;
}

}  // namespace

std::string memory_text(const Topology& topology) {
  std::string text;
  for (const auto& [domain, measured] : measured_by_domain(topology))
    if (measured.read.count() > 0)
      text += fmt::format("{}{} by {}, each alone: {} GB/s read / {} written (measured)\n", text.empty() ? "\n" : "",
                          name_of(topology, domain), counted(measured.read.count(), "core"), measured.read.text(),
                          measured.written.text());
  return text;
}

}  // namespace treering::topo
