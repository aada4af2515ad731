// Where the nodes of a topology lie in a picture of it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "topology/adjacency.hpp"
#include "topology/topology.hpp"

namespace treering::topo {

using topology::NodeIndex;
using topology::Topology;

/// In pixels, from the upper left corner of the picture.
struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  double middle() const { return x + width / 2; }
};

enum class Shape : unsigned char {
  none,  ///< not drawn: nothing ends at it or lies in it
  part,  ///< a device or the like
  bar,   ///< something that joins others
  box,   ///< holds others
};

/// What leads up from a host that stands below others goes by beside them.
struct Detour {
  double x = 0;
  double start = 0, end = 0;  ///< y: between its row and the next above, and above all hosts
};

/// Network switches in rows by their distance from hosts, the farthest on top; below them hosts side by side (very many
/// in columns, filled one after another), or as they lie in the grid; below these the NVSwitches that several hosts
/// share. In hosts NUMA domains, in these NICs
/// above PCIe switches above other devices, and cores beside them. Caches are left out: their parts stand in what they
/// lie in.
class Layout {
 public:
  /// Of longer names, there is no room for the rest.
  static constexpr std::size_t most_label_bytes = 24;

  static constexpr double gap = 12, margin = 24, part_height = 26;

  explicit Layout(const Topology& topology);

  Shape shape(NodeIndex node) const { return shapes_[node]; }
  const Rectangle& place(NodeIndex node) const { return places_[node]; }
  /// Of a node in or at the top of a column of hosts below network switches; nothing for the first of the column.
  std::optional<Detour> detour(NodeIndex node) const;
  /// Of a box: where its name is.
  Rectangle title(NodeIndex box) const;
  double width() const { return width_; }
  double height() const { return height_; }

 private:
  struct Row {
    std::vector<NodeIndex> nodes;
    double width = 0, height = 0;
  };

  struct Block {
    std::vector<Row> rows;
    double width = 0, height = 0;
  };
  /// Of a box: cores stand beside the other parts, NVSwitches lie below all.
  struct Content {
    Block others, cores;
    std::vector<NodeIndex> bars;
  };

  Shape shape_of(NodeIndex node) const;
  std::vector<NodeIndex> drawn_parts(NodeIndex node) const;
  void add_drawn_parts(NodeIndex node, std::vector<NodeIndex>& drawn) const;
  std::vector<Row> rows_of(std::span<const NodeIndex> nodes, std::size_t most_in_row) const;
  Block block_of(std::span<const NodeIndex> nodes, std::size_t in_row) const;
  Content content_of(NodeIndex box) const;
  void measure(NodeIndex node);
  void measure_bar(NodeIndex node);
  void measure_box(NodeIndex node);
  void put(NodeIndex node, double x, double y);
  void put_bar(NodeIndex node, double x, double y);
  void put_box(NodeIndex node, double x, double y);
  void put_block(const Block& block, double x, double bottom, double width);
  void put_row(const Row& row, double x, double y, double width);
  double put_switches(std::span<const NodeIndex> switches);
  void put_hosts(std::span<const NodeIndex> hosts, double y, bool has_switches);
  double row_width(std::span<const NodeIndex> hosts) const;
  /// Room for any of them, and for what leads by.
  Rectangle cell_for(std::span<const NodeIndex> hosts) const;
  std::size_t hosts_in_column(std::span<const NodeIndex> hosts, double y) const;
  void put_columns(std::span<const NodeIndex> hosts, std::size_t in_column, double y);
  void put_grid(std::span<const NodeIndex> hosts, double y);
  void put_shared(std::span<const NodeIndex> nvswitches);

  const Topology& topology_;
  topology::Containment parts_;
  topology::Adjacency adjacency_;
  std::vector<Shape> shapes_;
  std::vector<Rectangle> sizes_;  // of a node with all around it; only width and height
  std::vector<Rectangle> places_;
  std::map<NodeIndex, Detour> detours_;  // of hosts
  double width_ = 0, height_ = 0;
};

}  // namespace treering::topo
