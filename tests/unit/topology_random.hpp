// Topologies in which every member takes every sort of value, from a seed.
#pragma once

#include <random>
#include <string>
#include <utility>

#include "topology/builder.hpp"

namespace treering::topology {

class RandomTopology {
 public:
  explicit RandomTopology(std::uint32_t seed) : random_(seed) {}

  TopologyBuilder builder() {
    TopologyBuilder builder;
    if (one_in(2)) builder.set_grid({.extents = {1 + up_to(4), 30}, .twisted = one_in(2)});
    const std::uint32_t nodes = up_to(12);
    for (std::uint32_t n = 0; n < nodes; ++n) builder.add(node(builder, n));
    for (std::uint32_t l = nodes < 2 ? 0 : up_to(20); l > 0; --l) builder.add(link(nodes));
    for (std::uint32_t a = up_to(30); a > 0; --a) annotate(builder);
    return builder;
  }

 private:
  std::uint32_t up_to(std::uint32_t most) { return std::uniform_int_distribution<std::uint32_t>(0, most)(random_); }
  bool one_in(std::uint32_t n) { return up_to(n - 1) == 0; }

  template <class Number>
  std::optional<Number> perhaps(Number least) {
    const Number values[] = {least, Number(least + 1), Number(1 + up_to(1000)), std::numeric_limits<Number>::max()};
    return one_in(2) ? std::nullopt : std::optional(values[up_to(3)]);
  }

  Figure figure() {
    const double values[] = {0, 1, 0.1, 63.0153846, 1e-300, 1e300, 5e-324, 9007199254740993.0, 450};
    return one_in(3) ? Figure()
                     : Figure(one_in(2) ? values[up_to(8)] : std::uniform_real_distribution<>(0, 500)(random_));
  }

  Capacity capacity() {
    if (one_in(3)) return both_ways(figure(), figure());
    return {.forward_gbs = figure(), .back_gbs = figure(), .latency_us = figure()};
  }

  std::string text() {
    const char* texts[] = {"",     "0x030200",        "16 GT/s", "\"\\\n\t\x01", "\xf0\x9f\x8c\xb2 \xe2\x82\xac",
                           "null", "{\"a\":[1,2.5]}", "[1, 2]",  "1.50",         "</pci>"};
    return texts[up_to(9)];
  }

  Node node(const TopologyBuilder& builder, std::uint32_t number) {
    Node node{.kind = static_cast<NodeKind>(up_to(node_kinds - 1)),
              .number = perhaps<std::uint32_t>(0),
              .guid = one_in(2) ? 0 : random_() * 0x100000001ull,
              .name = "n \xc3\xa4\"" + std::to_string(number),
              .identity = text(),
              .model = text()};
    if (number > 0 && one_in(2)) node.parent = up_to(number - 1);
    if (node.parent != no_node && host_of(builder.nodes(), node.parent) != no_node && node.kind == NodeKind::host)
      node.kind = NodeKind::gpu;
    if (one_in(2))
      node.pci = PciAddress{.domain = perhaps<std::uint32_t>(0).value_or(3),
                            .bus = perhaps<std::uint8_t>(0).value_or(7),
                            .device = 0x1f,
                            .function = perhaps<std::uint8_t>(0).value_or(1)};
    if (one_in(4) && !builder.grid().extents.empty()) node.cell = up_to(29);
    return node;
  }

  Link link(std::uint32_t nodes) {
    const std::uint32_t from = up_to(nodes - 1);
    return {.from = from,
            .to = (from + 1 + up_to(nodes - 2)) % nodes,
            .type = static_cast<LinkType>(up_to(link_types - 1)),
            .width = perhaps<std::uint16_t>(0),
            .from_port = perhaps<std::uint16_t>(0),
            .to_port = perhaps<std::uint16_t>(0),
            .count = perhaps<std::uint32_t>(1),
            .lane_gts = figure(),
            .declared = capacity(),
            .measured = capacity()};
  }

  void annotate(TopologyBuilder& builder) {
    const char* origins[] = {"nccl.pci", "hwloc.info", "json", "json", ""};
    const char* names[] = {"class", "name", "x", "y", "from", "nodes", ""};
    const std::string origin = origins[up_to(4)], name = names[up_to(6)], value = text();
    const Attribute attribute{origin, name, value};
    const std::uint32_t owner = up_to(2);
    if (owner == 0) builder.annotate(attribute);
    if (owner == 1 && !builder.nodes().empty())
      builder.annotate_node(up_to(static_cast<std::uint32_t>(builder.nodes().size()) - 1), attribute);
    if (owner == 2 && !builder.links().empty())
      builder.annotate_link(up_to(static_cast<std::uint32_t>(builder.links().size()) - 1), attribute);
  }

  std::mt19937 random_;
};

}  // namespace treering::topology
