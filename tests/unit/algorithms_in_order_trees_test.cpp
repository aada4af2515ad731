// The construction and the colours of the two trees, for every number of ranks: against their properties, against our
// own vectors, and against the executable specification where that is at hand.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "algorithms/cost.hpp"
#include "algorithms/in_order_trees.hpp"
#include "unit/algorithms_thorough.hpp"

namespace treering {
namespace {

constexpr Rank most_ranks = thorough ? 2000 : 300;

constexpr Tree both[] = {Tree::first, Tree::second};

enum class Mode { rooted, rootless, rooted_last, rooted_first };
constexpr const char* names[] = {"rooted", "rootless", "rooted_last", "rooted_first"};

using Nodes = std::vector<Node>;

Nodes nodes_of(Mode mode, Tree tree, Rank ranks, Rank root = 0) {
  Nodes nodes;
  for (Rank rank = 0; rank < ranks; ++rank) switch (mode) {
      case Mode::rooted: nodes.push_back(rooted(tree, ranks, rank, root)); break;
      case Mode::rootless: nodes.push_back(rootless(tree, ranks, rank)); break;
      case Mode::rooted_last: nodes.push_back(rooted_last(tree, ranks, rank)); break;
      case Mode::rooted_first: nodes.push_back(rooted_first(tree, ranks, rank)); break;
    }
  return nodes;
}

const Node& at(const Nodes& nodes, Rank rank) {
  return nodes[static_cast<std::size_t>(rank)];
}

/// Ranks in an order in which parents come before their children; empty if they are not one tree.
std::vector<Rank> downwards(const Nodes& nodes) {
  std::vector<Rank> order;
  for (Rank rank = 0; rank < static_cast<Rank>(nodes.size()); ++rank)
    if (at(nodes, rank).parent == nobody) order.push_back(rank);
  if (order.size() != 1) return {};
  for (std::size_t next = 0; next < order.size() && order.size() <= nodes.size(); ++next)
    for (const Rank child : {at(nodes, order[next]).left, at(nodes, order[next]).right})
      if (child != nobody) order.push_back(child);
  return order.size() == nodes.size() ? order : std::vector<Rank>{};
}

/// Parents and children name each other, with the same colour.
void expect_agreement(const Nodes& nodes) {
  for (Rank rank = 0; rank < static_cast<Rank>(nodes.size()); ++rank) {
    const Node& node = at(nodes, rank);
    ASSERT_EQ(node.parent == nobody, node.colour == -1) << rank;
    ASSERT_EQ(node.left == nobody, node.left_colour == -1) << rank;
    ASSERT_EQ(node.right == nobody, node.right_colour == -1) << rank;
    if (node.left != nobody) {
      ASSERT_EQ(at(nodes, node.left).parent, rank);
      ASSERT_EQ(at(nodes, node.left).colour, node.left_colour);
    }
    if (node.right != nobody) {
      ASSERT_EQ(at(nodes, node.right).parent, rank);
      ASSERT_EQ(at(nodes, node.right).colour, node.right_colour);
    }
  }
}

void expect_depth(const Nodes& nodes, std::uint64_t most) {
  std::vector<std::uint64_t> depth(nodes.size(), 0);
  const auto order = downwards(nodes);
  ASSERT_EQ(order.size(), nodes.size()) << "not one tree over all ranks";
  for (const Rank rank : order)
    if (at(nodes, rank).parent != nobody) {
      depth[static_cast<std::size_t>(rank)] = depth[static_cast<std::size_t>(at(nodes, rank).parent)] + 1;
      ASSERT_LE(depth[static_cast<std::size_t>(rank)], most);
    }
}

/// left subtree | rank | right subtree are one consecutive range of ranks, at every rank.
void expect_order(const Nodes& nodes) {
  const Rank ranks = static_cast<Rank>(nodes.size());
  std::vector<std::array<Rank, 2>> range(nodes.size());
  const auto order = downwards(nodes);
  for (auto rank = order.rbegin(); rank != order.rend(); ++rank) {
    const Node& node = at(nodes, *rank);
    auto& [first, last] = range[static_cast<std::size_t>(*rank)];
    first = last = *rank;
    if (node.left != nobody) {
      const auto [from, to] = range[static_cast<std::size_t>(node.left)];
      ASSERT_EQ(to + 1, *rank);
      first = from;
    }
    if (node.right != nobody) {
      const auto [from, to] = range[static_cast<std::size_t>(node.right)];
      ASSERT_EQ(from - 1, *rank);
      last = to;
    }
    ASSERT_EQ(node.holds_first, first == 0) << *rank;
    ASSERT_EQ(node.holds_last, last == ranks - 1) << *rank;
  }
}

/// In the one-port model each rank receives from its parents in different steps, and sends to its children in different
/// steps: at most two edges up and two down over both trees, of different colours.
testing::AssertionResult ports_suffice(const std::array<Nodes, 2>& trees) {
  for (std::size_t rank = 0; rank < trees[0].size(); ++rank) {
    std::array<int, 2> up{}, down{};
    for (const Nodes& nodes : trees) {
      const Node& node = nodes[rank];
      if (node.colour >= 0) ++up[static_cast<std::size_t>(node.colour)];
      for (const int colour : {node.left_colour, node.right_colour})
        if (colour >= 0) ++down[static_cast<std::size_t>(colour)];
    }
    if (up[0] > 1 || up[1] > 1) return testing::AssertionFailure() << "rank " << rank << " receives twice in a step";
    if (down[0] > 1 || down[1] > 1) return testing::AssertionFailure() << "rank " << rank << " sends twice in a step";
  }
  return testing::AssertionSuccess();
}

std::array<Nodes, 2> trees_of(Mode mode, Rank ranks, Rank root = 0) {
  return {nodes_of(mode, Tree::first, ranks, root), nodes_of(mode, Tree::second, ranks, root)};
}

TEST(InOrderTrees, HaveTheirPropertiesForEveryNumberOfRanks) {
  for (Rank ranks = 1; ranks <= most_ranks; ++ranks) {
    const std::map<Mode, std::uint64_t> depths = {{Mode::rooted, ranks < 3 ? 1 : 1 + rounds(ranks)},
                                                  {Mode::rootless, rounds(ranks)},
                                                  {Mode::rooted_last, 1 + rounds(ranks)},
                                                  {Mode::rooted_first, 1 + rounds(ranks)}};
    for (const auto& [mode, depth] : depths) {
      SCOPED_TRACE(std::string(names[static_cast<int>(mode)]) + ", " + std::to_string(ranks) + " ranks");
      const auto trees = trees_of(mode, ranks, mode == Mode::rooted ? ranks / 3 : 0);
      for (const Nodes& nodes : trees) {
        expect_agreement(nodes);
        expect_depth(nodes, depth);
        if (mode != Mode::rooted) expect_order(nodes);
      }
      ASSERT_TRUE(ports_suffice(trees));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(InOrderTrees, HaveEveryRankInteriorInOneTreeAtMost) {
  for (Rank ranks = 1; ranks <= most_ranks; ++ranks)
    for (const Mode mode : {Mode::rooted, Mode::rootless}) {
      const auto trees = trees_of(mode, ranks);
      int interior_twice = 0;
      for (Rank rank = 0; rank < ranks; ++rank) {
        const bool twice = at(trees[0], rank).left_colour + at(trees[0], rank).right_colour > -2 &&
                           at(trees[1], rank).left_colour + at(trees[1], rank).right_colour > -2;
        if (!twice) continue;
        ++interior_twice;  // only who feeds both trees, with one child in each
        ASSERT_EQ(rank, mode == Mode::rooted ? 0 : ranks - 1);
        for (const Nodes& nodes : trees) ASSERT_TRUE(at(nodes, rank).left == nobody || at(nodes, rank).right == nobody);
      }
      ASSERT_LE(interior_twice, 1);
    }
}

TEST(InOrderTrees, NameTheirRoots) {
  for (Rank ranks = 1; ranks <= 300; ++ranks)
    for (const Tree tree : both) {
      const Rank root = root_of(tree, ranks);
      ASSERT_EQ(rootless(tree, ranks, root).parent, nobody) << ranks;
      ASSERT_EQ(rooted_last(tree, ranks, ranks - 1).parent, nobody) << ranks;
      ASSERT_EQ(rooted_first(tree, ranks, 0).parent, nobody) << ranks;
      ASSERT_EQ(rooted(tree, ranks, ranks / 2, ranks / 2).parent, nobody) << ranks;
    }
}

TEST(InOrderTrees, FeelAWrongColour) {
  for (const Rank ranks : {4, 5, 8, 13, 30}) {
    const auto right = trees_of(Mode::rootless, ranks);
    ASSERT_TRUE(ports_suffice(right));
    for (std::size_t rank = 0; rank < right[0].size(); ++rank) {
      auto wrong = right;
      Node& node = wrong[0][rank];
      // One edge recoloured at both ends.
      if (node.parent == nobody || wrong[1][rank].parent == nobody) continue;
      Node& above = wrong[0][static_cast<std::size_t>(node.parent)];
      (above.left == static_cast<Rank>(rank) ? above.left_colour : above.right_colour) ^= 1;
      node.colour ^= 1;
      EXPECT_FALSE(ports_suffice(wrong)) << ranks << " ranks, edge above rank " << rank;
    }
  }
}

// ---- vectors
// -----------------------------------------------------------------------------------------------------------

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    table[byte] = byte;
    for (int bit = 0; bit < 8; ++bit) table[byte] = table[byte] >> 1 ^ (table[byte] & 1 ? 0xedb88320u : 0u);
  }
  return table;
}();

/// CRC-32 (as zlib's) of 32-bit integers in little-endian order.
class Digest {
 public:
  void add(Rank number) {
    const auto bits = static_cast<std::uint32_t>(number);
    for (int byte = 0; byte < 4; ++byte) crc_ = crc_ >> 8 ^ crc_table[(crc_ ^ bits >> 8 * byte) & 0xff];
  }
  std::string text() const {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", ~crc_);
    return text;
  }

 private:
  std::uint32_t crc_ = 0xffffffff;
};

std::string digest_of(Rank ranks) {
  Digest digest;
  for (const Mode mode : {Mode::rooted, Mode::rootless, Mode::rooted_last})
    for (const Nodes& nodes : trees_of(mode, ranks))
      for (const Node& node : nodes)
        for (const Rank number : {node.parent, node.left, node.right, Rank{node.colour}}) digest.add(number);
  return digest.text();
}

std::string edges_of(Mode mode, int tree, Rank ranks) {
  std::ostringstream edges;
  edges << "edges " << ranks << ' ' << names[static_cast<int>(mode)] << ' ' << tree;
  const Nodes nodes = nodes_of(mode, both[tree], ranks);
  for (Rank child = 0; child < ranks; ++child) {
    const Node& node = at(nodes, child);
    if (node.parent == nobody) continue;
    const char side = at(nodes, node.parent).left == child ? 'L' : 'R';
    edges << ' ' << node.parent << '-' << child << ':' << node.colour << ':' << side;
  }
  return edges.str();
}

/// Compares with the lines that vectors/two_trees.py has written, and counts the digests.
int compare_with(std::istream& lines) {
  int digests = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind, mode, digest;
    Rank ranks = 0;
    words >> kind >> ranks;
    if (kind == "digest" && ranks <= most_ranks) {
      words >> digest;
      EXPECT_EQ(digest_of(ranks), digest) << ranks << " ranks";
      ++digests;
    } else if (kind == "edges") {
      int tree = 0;
      words >> mode >> tree;
      const auto which = mode == "rooted" ? Mode::rooted : mode == "rootless" ? Mode::rootless : Mode::rooted_last;
      EXPECT_EQ(edges_of(which, tree, ranks), line);
    }
    if (testing::Test::HasFailure()) break;  // one difference says enough
  }
  return digests;
}

TEST(InOrderTrees, AreAsInOurVectors) {
  std::ifstream vectors(TREERING_VECTORS "/two_trees.txt");
  ASSERT_TRUE(vectors) << TREERING_VECTORS "/two_trees.txt cannot be read";
  EXPECT_EQ(compare_with(vectors), most_ranks - 1);
}

TEST(InOrderTrees, AreAsInTheSpecification) {
  if (!std::filesystem::exists(TREERING_TWO_TREE_SPECIFICATION))
    GTEST_SKIP() << "the executable specification is not at " TREERING_TWO_TREE_SPECIFICATION;
  const std::string command = "python3 -B '" TREERING_VECTORS "/two_trees.py' '" TREERING_TWO_TREE_SPECIFICATION "' " +
                              std::to_string(most_ranks);
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string text;
  char piece[4096];
  for (std::size_t n = 0; (n = std::fread(piece, 1, sizeof piece, pipe)) > 0;) text.append(piece, n);
  const int status = pclose(pipe);
  if (status != 0 && text.empty())
    GTEST_SKIP() << "python3 cannot run the specification (exit status " << status << ")";
  ASSERT_EQ(status, 0) << command;
  std::istringstream lines(text);
  EXPECT_EQ(compare_with(lines), most_ranks - 1);
}

}  // namespace
}  // namespace treering
