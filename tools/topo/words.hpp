// How the tool's views say things.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/topo/paths.hpp"

namespace treering::topo {

/// "1 GPU", "12 switches".
std::string counted(std::size_t count, std::string_view noun);

/// "450", "31.5", "0.125": GB/s in four figures or all before the point; "?" where unknown.
std::string text_of(Figure gbs);

/// "450 GB/s"; "unknown bandwidth".
std::string bandwidth_text(Figure gbs);

/// In three figures: "50" where all links of the path are known, "<=50" where some are not, "?" where none is.
std::string text_of(const Width& width);

/// Columns that a terminal is taken to have.
inline constexpr std::size_t most_columns = 120;

/// Columns that the widest line takes: neither escape sequences of colours nor the continuation bytes of UTF-8 count.
std::size_t shown_width(std::string_view text);

/// "2 hosts, 4 NUMA domains, 16 GPUs and 42 links": what there is, in the order of the kinds.
std::string contents_of(const Topology& topology);

/// "host3/gpu0".
std::string name_of(const Topology& topology, NodeIndex node);

/// "infiniband link host3/nic0 port 1 - leaf1 port 17": ports as far as they are known.
std::string name_of_link(const Topology& topology, topology::LinkIndex link);

/// Lines of columns, two blanks apart. Colours count for nothing.
struct Table {
  std::vector<std::vector<std::string>> rows;
  /// Every line ends with a newline and has no blanks at its end.
  std::string text() const;
  /// Where lines have more columns: several tables below one another, each with the first column and as many others as
  /// there is room for.
  std::string text_within(std::size_t columns) const;
};

}  // namespace treering::topo
