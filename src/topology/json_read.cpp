#include <fmt/format.h>

#include <utility>

#include "topology/builder.hpp"
#include "topology/file.hpp"
#include "topology/json.hpp"
#include "topology/json_members.hpp"
#include "topology/json_names.hpp"
#include "topology/json_pieces.hpp"
#include "topology/names.hpp"

namespace treering::topology {
namespace {

using Json = PieceTaker::Json;

/// Builds from the pieces. Links name nodes: where they come first (members may have been sorted), they are left to a
/// second reading.
class Reading final : public PieceTaker {
 public:
  explicit Reading(const Limits& limits) : builder_(limits) {}

  std::string take(std::string_view list, std::string_view name, const Json& piece) override {
    if (list == "nodes") return only_links_ ? "" : take_node(piece);
    if (list.empty() && !only_links_) return take_member(name, piece);
    if (list != "links") return "";
    if (!only_links_ && builder_.nodes().empty()) {
      has_early_links_ = true;
      return "";
    }
    return take_link(piece);
  }

  /// Whether the text is to be read once more, for the links alone.
  bool wants_links() {
    only_links_ = has_early_links_;
    return only_links_;
  }

  Result<Topology> result() && {
    if (!has_format_ || !has_version_) {
      return Error{Code::invalid_argument,
                   fmt::format("there is no '{}' (topologies have \"format\": \"{}\" and \"version\") "
                               "read another file",
                               has_format_ ? "version" : "format", json_format)};
    }
    return std::move(builder_).build();
  }

 private:
  std::string take_member(std::string_view name, const Json& piece) {
    if (name == "nodes" || name == "links")
      return fmt::format("'{}' is no list (it must be one) put it in brackets", name);
    if (name == "format") {
      has_format_ = piece == json_format;
      return has_format_ ? ""
                         : fmt::format("the format is not '{}' (no other is known) read another file", json_format);
    }
    if (name == "version") {
      has_version_ = piece == json_version;
      return has_version_
                 ? ""
                 : fmt::format("the version is not {} (no other is known) use a Treering that wrote it", json_version);
    }
    Members grid(piece, "the grid");
    if (name == "grid") {
      if (grid.problem().empty()) builder_.set_grid(grid.grid());
      return grid.problem().empty() ? builder_.fault().value_or("") : grid.problem();
    }
    const Json around{{std::string(name), piece}};
    return annotate(Members(around, "the topology"), json_topology_members,
                    [&](const Attribute& attribute) { builder_.annotate(attribute); });
  }

  std::string take_node(const Json& piece) {
    Members members(piece, "a node");
    Node node{.number = members.whole<std::uint32_t>("number"),
              .cell = members.whole<CellIndex>("cell").value_or(no_cell),
              .guid = members.guid(),
              .name = members.required_text("name"),
              .identity = members.text("identity"),
              .model = members.text("model")};
    const std::string kind = members.required_text("kind");
    if (const auto known = node_kind(kind))
      node.kind = *known;
    else
      members.refuse("kind", "it is no kind of node");
    if (const std::string pci = members.text("pci"); !pci.empty()) {
      node.pci = pci_address(pci);
      if (!node.pci) members.refuse("pci", "it must be domain:bus:device.function in hexadecimal digits");
    }
    if (const std::string whole = members.text("part_of"); !whole.empty()) {
      node.parent = builder_.find(whole);
      if (node.parent == no_node) members.refuse("part_of", "no node before this one has that name");
    }
    if (!members.problem().empty()) return members.problem();
    const NodeIndex index = builder_.add(std::move(node));
    return annotate(std::move(members), json_node_members,
                    [&](const Attribute& attribute) { builder_.annotate_node(index, attribute); });
  }

  std::string take_link(const Json& piece) {
    Members members(piece, "a link");
    Link link{.from = end(members, "from"),
              .to = end(members, "to"),
              .width = members.whole<std::uint16_t>("width"),
              .from_port = members.whole<std::uint16_t>("from_port"),
              .to_port = members.whole<std::uint16_t>("to_port"),
              .count = members.whole<std::uint32_t>("count"),
              .lane_gts = members.figure("lane_gts"),
              .declared = members.capacity("declared"),
              .measured = members.capacity("measured")};
    const std::string type = members.required_text("type");
    if (const auto known = link_type(type))
      link.type = *known;
    else
      members.refuse("type", "it is no type of link");
    if (!members.problem().empty()) return members.problem();
    const LinkIndex index = builder_.add(link);
    return annotate(std::move(members), json_link_members,
                    [&](const Attribute& attribute) { builder_.annotate_link(index, attribute); });
  }

  NodeIndex end(Members& members, std::string_view name) {
    const NodeIndex node = builder_.find(members.required_text(name));
    if (node == no_node) members.refuse(name, "no node has that name");
    return node;
  }

  /// Hands over what the members say beyond those known. What is wrong, with that or before.
  std::string annotate(Members members, std::span<const std::string_view> known, auto add) {
    for (const auto& [origin, name, value] : members.attributes(known)) add(Attribute{origin, name, value});
    return members.problem().empty() ? builder_.fault().value_or("") : members.problem();
  }

  TopologyBuilder builder_;
  bool has_format_ = false;
  bool has_version_ = false;
  bool has_early_links_ = false;
  bool only_links_ = false;
};

}  // namespace

Result<Topology> topology_from_json(std::string_view text, std::string_view file, const Limits& limits) {
  if (text.size() > limits.file_bytes) {
    return Error{Code::invalid_argument,
                 fmt::format("{} has more than {} bytes (files are bounded) leave out what does not matter", file,
                             limits.file_bytes)};
  }
  Reading reading(limits);
  auto fault = read_pieces(text, reading);
  if (!fault && reading.wants_links()) fault = read_pieces(text, reading);
  if (fault) return Error{Code::invalid_argument, at_line(file, text, fault->offset, fault->problem)};
  auto topology = std::move(reading).result();
  if (!topology) return Error{topology.error().code, fmt::format("{}: {}", file, topology.error().message)};
  return topology;
}

}  // namespace treering::topology
