#include "tools/topo/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>

#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"

namespace treering::topo {
namespace {

/// "Slow links", and what to do.
std::pair<std::string_view, std::string_view> heading_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::slow_link:
      return {"Slow links", "look at their cables and slots, and at the width and speed that they run at"};
    case Finding::Kind::one_way_link: return {"Links that carry nothing", "look at their cables, ports and routes"};
    case Finding::Kind::uneven_link:
      return {"Links slower one way than the other", "look at their errors, and at what else used them"};
    case Finding::Kind::below_declared:
      return {"Links measured far below what they declare",
              "look at their errors, width and speed, and at what else used them"};
    case Finding::Kind::odd_cabling:
      return {"Cabling unlike that of others", "look where these cables end, and for ports that are down"};
    case Finding::Kind::cut_off: return {"Devices that do not reach the others", "add the links, or bring them up"};
    case Finding::Kind::without_network: return {"NICs on no network", "plug them in, or leave them out"};
    case Finding::Kind::same_identity:
      return {"What should tell devices apart and does not", "look for what was copied or merged twice"};
    case Finding::Kind::gpu_state: return {"GPUs that do not work", "look for Xid in the kernel's log, and reset them"};
    case Finding::Kind::fabric_state: return {"GPUs that are not ready", "look at nvidia-fabricmanager on their host"};
    case Finding::Kind::nvlinks_down:
      return {"NVLinks that are down", "look at nvidia-smi nvlink -s, and for Xid in the kernel's log"};
    case Finding::Kind::setting: return {"Hosts that stop jobs or hold them up", ""};
    case Finding::Kind::interface:
      return {"Network interfaces unlike those of others", "look at their cables, and at ip link"};
    case Finding::Kind::note: return {"Not wrong, but worth knowing", ""};
  }
  return {};
}

/// Where one line is too wide: the bracket begins another, and what to do behind it one more.
std::string in_columns(std::string message) {
  const std::size_t bracket = message.rfind(" (");
  if (shown_width(message) + 2 <= most_columns || bracket == std::string::npos) return message;
  const std::size_t remedy = message.find(") ", bracket);
  if (remedy != std::string::npos && message.size() - bracket + 3 > most_columns)
    message.replace(remedy + 1, 1, "\n    ");
  return message.replace(bracket, 1, "\n    ");
}

std::string text_of_kind(std::span<const Finding> found, const Paint& paint) {
  constexpr std::size_t most_shown = 20;
  const auto [what, remedy] = heading_of(found.front().kind);
  std::string text = fmt::format("{} ({}){}{}\n", paint(Colour::strong, std::string(what)), found.size(),
                                 remedy.empty() ? "" : ": ", remedy);
  for (const Finding& finding : found.first(std::min(found.size(), most_shown)))
    text += "  " + (is_wrong(finding) ? paint(Colour::bad, in_columns(finding.message)) : in_columns(finding.message)) +
            "\n";
  if (found.size() > most_shown) text += fmt::format("  ... and {} more\n", found.size() - most_shown);
  return text + "\n";
}

}  // namespace

std::string_view said(const topology::Topology& topology, topology::NodeIndex node, std::string_view origin,
                      std::string_view name) {
  for (const topology::Attribute& attribute : topology.node_attributes(node))
    if (attribute.origin == origin && attribute.name == name) return attribute.value;
  return {};
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::vector<Finding> findings(const topology::Topology& topology) {
  std::vector<Finding> found;
  find_slow_links(topology, found);
  find_wrong_directions(topology, found);
  find_below_declared(topology, found);
  find_missing_uplinks(topology, found);
  find_nics_elsewhere(topology, found);
  find_cut_off(topology, found);
  find_without_network(topology, found);
  find_same_identities(topology, found);
  find_gpu_states(topology, found);
  find_nvlinks_down(topology, found);
  find_settings(topology, found);
  find_interfaces(topology, found);
  std::ranges::stable_sort(found, {}, &Finding::kind);
  return found;
}

std::string findings_text(const topology::Topology& topology, const std::vector<Finding>& found, const Paint& paint) {
  const auto wrong = static_cast<std::size_t>(std::ranges::count_if(found, is_wrong));
  std::string text =
      wrong == 0 ? fmt::format("nothing looks wrong ({})\n", contents_of(topology)) : contents_of(topology) + "\n";
  if (found.empty()) return text + unseen_text(topology);
  text += "\n";
  for (auto from = found.begin(); from != found.end();) {
    const auto to = std::find_if(from, found.end(), [&](const Finding& other) { return other.kind != from->kind; });
    text += text_of_kind(std::span(from, to), paint);
    from = to;
  }
  return text + counted(wrong, "finding") + "\n" + unseen_text(topology);
}

}  // namespace treering::topo
