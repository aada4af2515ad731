// What looks wrong about links.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::Link;
using topology::LinkIndex;
using topology::NodeKind;

constexpr double slow_share = 0.75;      // of the median of its kind, or of the other direction
constexpr double declared_share = 0.70;  // of what is declared: protocols take some of it

/// GB/s of the slower direction, as far as known.
Figure slower_gbs(const Link& link) {
  const topology::Capacity capacity = topology::capacity(link);
  const Figure a = capacity.forward_gbs, b = capacity.back_gbs;
  return !a.is_known() ? b : !b.is_known() ? a : Figure(std::min(a.value(), b.value()));
}

using LinkKind = std::tuple<topology::LinkType, NodeKind, NodeKind>;

/// Links of each kind, those that go one way and those of unknown bandwidth left out.
std::map<LinkKind, std::vector<LinkIndex>> links_by_kind(const Topology& topology) {
  std::map<LinkKind, std::vector<LinkIndex>> kinds;
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    const Link& link = topology.link(i);
    if (slower_gbs(link).value_or(0) == 0) continue;
    const auto [a, b] = std::minmax({topology.node(link.from).kind, topology.node(link.to).kind});
    kinds[{link.type, a, b}].push_back(i);
  }
  return kinds;
}

double median_gbs(const Topology& topology, const std::vector<LinkIndex>& links) {
  std::vector<double> gbs;
  for (const LinkIndex link : links) gbs.push_back(slower_gbs(topology.link(link)).value());
  const auto middle = gbs.begin() + static_cast<std::ptrdiff_t>(gbs.size() / 2);
  std::ranges::nth_element(gbs, middle);
  return *middle;
}

void find_below_declared_one_way(const Topology& topology, LinkIndex index, bool forward, std::vector<Finding>& found) {
  const Link& link = topology.link(index);
  const Figure declared = forward ? link.declared.forward_gbs : link.declared.back_gbs;
  const Figure measured = forward ? link.measured.forward_gbs : link.measured.back_gbs;
  if (!declared.is_known() || !measured.is_known() || measured.value() >= declared_share * declared.value()) return;
  found.push_back({Finding::Kind::below_declared,
                   fmt::format("{} was measured at {} GB/s from {} (it declares {} GB/s) look at its errors, width and "
                               "speed, and at what else used it",
                               name_of_link(topology, index), text_of(measured),
                               name_of(topology, forward ? link.from : link.to), text_of(declared))});
}

}  // namespace

void find_slow_links(const Topology& topology, std::vector<Finding>& found) {
  for (const auto& [kind, links] : links_by_kind(topology)) {
    const double usual = median_gbs(topology, links);
    std::vector<LinkIndex> slow;
    for (const LinkIndex link : links)
      if (slower_gbs(topology.link(link)).value() < slow_share * usual) slow.push_back(link);
    if (links.size() < 4 || 4 * slow.size() > links.size()) continue;
    for (const LinkIndex link : slow)
      found.push_back({Finding::Kind::slow_link,
                       fmt::format("{} carries {} GB/s (most of the {} {} links from {} to {} carry {}) look at its "
                                   "cable, width and speed",
                                   name_of_link(topology, link), text_of(slower_gbs(topology.link(link))), links.size(),
                                   topology::name_of(std::get<0>(kind)), topology::noun_of(std::get<1>(kind)),
                                   topology::noun_of(std::get<2>(kind)), text_of(Figure(usual)))});
  }
}

void find_wrong_directions(const Topology& topology, std::vector<Finding>& found) {
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    const topology::Capacity capacity = topology::capacity(topology.link(i));
    const Figure forward = capacity.forward_gbs, back = capacity.back_gbs;
    const auto add = [&](Finding::Kind kind, std::string what) {
      found.push_back({kind, name_of_link(topology, i) + " " + std::move(what)});
    };
    const bool no_forward = forward.is_known() && forward.value() == 0, no_back = back.is_known() && back.value() == 0;
    if (no_forward && no_back)
      add(Finding::Kind::one_way_link, "carries nothing (0 GB/s both ways: it is down) look at its cable and ports");
    else if (no_forward || no_back)
      add(Finding::Kind::one_way_link,
          fmt::format("carries nothing {} {} (0 GB/s; {} the other way) look at the routes "
                      "and ports",
                      no_forward ? "to" : "from", name_of(topology, topology.link(i).to),
                      text_of(no_forward ? back : forward)));
    else if (forward.is_known() && back.is_known() &&
             std::min(forward.value(), back.value()) < slow_share * std::max(forward.value(), back.value()))
      add(Finding::Kind::uneven_link,
          fmt::format("is uneven ({} GB/s to {}, {} back) look at its errors and at what else "
                      "used it",
                      text_of(forward), name_of(topology, topology.link(i).to), text_of(back)));
  }
}

void find_below_declared(const Topology& topology, std::vector<Finding>& found) {
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    find_below_declared_one_way(topology, i, true, found);
    find_below_declared_one_way(topology, i, false, found);
  }
}

}  // namespace treering::topo
