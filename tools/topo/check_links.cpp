// What looks wrong about links.
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::Link;
using topology::LinkIndex;
using topology::NodeKind;

constexpr double slow_share = 0.75;      // of the median of its kind, or of the other direction
constexpr double slow_memory = 0.50;     // of the median, of memory links: what else runs shows when they are measured
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

/// The link in the middle: one of those that most are like.
const Link& median_link(const Topology& topology, std::vector<LinkIndex> links) {
  const auto middle = links.begin() + static_cast<std::ptrdiff_t>(links.size() / 2);
  std::ranges::nth_element(links, middle, {}, [&](LinkIndex i) { return slower_gbs(topology.link(i)).value(); });
  return topology.link(*middle);
}

/// What may explain that one link carries less than another: "", or " on 2 lanes" and " on 4".
std::pair<std::string, std::string> difference_of(const Link& slow, const Link& usual) {
  const Figure declared = slower_gbs({.declared = slow.declared}), measured = slower_gbs({.declared = slow.measured});
  if (measured.is_known() && declared.is_known() && measured.value() < declared.value())
    return {fmt::format(", measured, of {} declared", text_of(declared)), ""};
  if (slow.width && usual.width && *slow.width < *usual.width)
    return {fmt::format(" on {}", counted(*slow.width, "lane")), fmt::format(" on {}", *usual.width)};
  if (slow.lane_gts.is_known() && usual.lane_gts.is_known() && slow.lane_gts.value() < usual.lane_gts.value())
    return {fmt::format(" at {} GT/s a lane", text_of(slow.lane_gts)), fmt::format(" at {}", text_of(usual.lane_gts))};
  if (slow.count && usual.count && *slow.count < *usual.count)
    return {fmt::format(" by {} side by side", counted(*slow.count, "link")), fmt::format(" by {}", *usual.count)};
  return {};
}

std::string slow_message(const Topology& topology, LinkIndex slow, const LinkKind& kind,
                         const std::vector<LinkIndex>& links, const Link& usual) {
  const auto& [type, a, b] = kind;
  const auto [how, how_usual] = difference_of(topology.link(slow), usual);
  return fmt::format("{} carries {} GB/s{} (most of the {} {} links from {} to {} carry {}{})",
                     name_of_link(topology, slow), text_of(slower_gbs(topology.link(slow))), how, links.size(),
                     topology::name_of(type), topology::noun_of(a), topology::noun_of(b), text_of(slower_gbs(usual)),
                     how_usual);
}

/// Whether less was measured than is declared, by far.
bool is_below(Figure measured, Figure declared) {
  return measured.is_known() && declared.is_known() && measured.value() < declared_share * declared.value();
}

/// Which ways of a link are: "12 GB/s both ways of 50 declared"; empty where none is.
std::string below_text(const Topology& topology, const Link& link) {
  std::vector<std::string> ways;
  const auto look = [&](Figure measured, Figure declared, NodeIndex from) {
    if (!is_below(measured, declared)) return;
    ways.push_back(
        fmt::format("{} GB/s from {} ({} declared)", text_of(measured), name_of(topology, from), text_of(declared)));
  };
  const Figure measured = link.measured.forward_gbs, declared = link.declared.forward_gbs;
  look(measured, declared, link.from);
  look(link.measured.back_gbs, link.declared.back_gbs, link.to);
  if (ways.size() == 2 && link.measured.back_gbs == measured && link.declared.back_gbs == declared)
    return fmt::format("{} GB/s both ways of {} declared", text_of(measured), text_of(declared));
  return fmt::format("{}", fmt::join(ways, " and "));
}

}  // namespace

void find_slow_links(const Topology& topology, std::vector<Finding>& found) {
  for (const auto& [kind, links] : links_by_kind(topology)) {
    const Link& usual = median_link(topology, links);
    const double share = usual.type == topology::LinkType::memory ? slow_memory : slow_share;
    std::vector<LinkIndex> slow;
    for (const LinkIndex link : links)
      if (slower_gbs(topology.link(link)).value() < share * slower_gbs(usual).value()) slow.push_back(link);
    if (links.size() < 4 || 4 * slow.size() > links.size()) continue;
    for (const LinkIndex link : slow)
      found.push_back({Finding::Kind::slow_link, slow_message(topology, link, kind, links, usual), link});
  }
}

void find_wrong_directions(const Topology& topology, std::vector<Finding>& found) {
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    const bool may_differ = topology.link(i).type == topology::LinkType::memory;  // one way is reading, one writing
    const topology::Capacity capacity = topology::capacity(topology.link(i));
    const Figure forward = capacity.forward_gbs, back = capacity.back_gbs;
    const auto add = [&](Finding::Kind kind, std::string what) {
      found.push_back({kind, name_of_link(topology, i) + " " + std::move(what), i});
    };
    const bool no_forward = forward.is_known() && forward.value() == 0, no_back = back.is_known() && back.value() == 0;
    if (no_forward && no_back)
      add(Finding::Kind::one_way_link, "carries nothing (0 GB/s both ways: it is down)");
    else if (no_forward || no_back)
      add(Finding::Kind::one_way_link,
          fmt::format("carries nothing {} {} (0 GB/s; {} the other way)", no_forward ? "to" : "from",
                      name_of(topology, topology.link(i).to), text_of(no_forward ? back : forward)));
    else if (!may_differ && forward.is_known() && back.is_known() &&
             std::min(forward.value(), back.value()) < slow_share * std::max(forward.value(), back.value()))
      add(Finding::Kind::uneven_link, fmt::format("is uneven ({} GB/s to {}, {} back)", text_of(forward),
                                                  name_of(topology, topology.link(i).to), text_of(back)));
  }
}

void find_below_declared(const Topology& topology, std::vector<Finding>& found) {
  std::set<LinkIndex> known;
  for (const Finding& finding : found) known.insert(finding.link);
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    const std::string below = known.contains(i) ? "" : below_text(topology, topology.link(i));
    if (!below.empty())
      found.push_back(
          {Finding::Kind::below_declared, fmt::format("{} was measured at {}", name_of_link(topology, i), below), i});
  }
}

}  // namespace treering::topo
