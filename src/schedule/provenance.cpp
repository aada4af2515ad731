#include "schedule/provenance.hpp"

#include <algorithm>
#include <limits>

namespace treering {
namespace {

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014): the output function of
/// SplitMix64.
std::uint64_t scrambled(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  return a + b < a ? std::numeric_limits<std::uint64_t>::max() : a + b;
}

}  // namespace

Provenance::Provenance() {
  nodes_.emplace_back();
}

Value Provenance::factor(Kind kind, Rank rank, std::uint64_t element) {
  Node node;
  const auto who = static_cast<std::uint32_t>(rank);
  const std::uint64_t identity =
      scrambled(scrambled(element) ^ (std::uint64_t{who} << 8 | static_cast<std::uint64_t>(kind)));
  node.scale = scrambled(identity + 1) | 1;
  node.offset = scrambled(identity + 2);
  node.multiset = scrambled(identity + 3);
  node.length = 1;
  node.left = who;
  node.right = static_cast<std::uint32_t>(element);
  node.kind = kind;
  nodes_.push_back(node);
  return static_cast<Value>(nodes_.size() - 1);
}

Value Provenance::contribution(Rank rank, std::uint64_t element) {
  return factor(Kind::contribution, rank, element);
}

Value Provenance::rubbish(Rank rank, std::uint64_t number) {
  return factor(Kind::rubbish, rank, number);
}

Value Provenance::finished(Value value) {
  return product(value, factor(Kind::finish, nobody, 0));
}

Value Provenance::product(Value left, Value right) {
  if (left == nothing) return right;
  if (right == nothing) return left;
  const Node& a = nodes_[left];
  const Node& b = nodes_[right];
  nodes_.push_back(Node{a.scale * b.scale, a.scale * b.offset + a.offset, a.multiset + b.multiset,
                        saturating_sum(a.length, b.length), left, right, Kind::product});
  return static_cast<Value>(nodes_.size() - 1);
}

bool Provenance::same_order(Value a, Value b) const {
  const Node& x = nodes_[a];
  const Node& y = nodes_[b];
  return x.length == y.length && x.scale == y.scale && x.offset == y.offset;
}

bool Provenance::same_multiset(Value a, Value b) const {
  return nodes_[a].length == nodes_[b].length && nodes_[a].multiset == nodes_[b].multiset;
}

/// Calls visit(factor) from left to right, for as long as it returns true.
template <class Visit>
void Provenance::visit_factors(Value value, Visit visit) const {
  std::vector<Value> pending{value};
  while (!pending.empty()) {
    const Node& node = nodes_[pending.back()];
    pending.pop_back();
    if (node.kind == Kind::product) {
      if (node.length == 0) continue;
      pending.push_back(node.right);
      pending.push_back(node.left);
    } else if (!visit(node)) {
      return;
    }
  }
}

void Provenance::mark_ranks(Value value, std::vector<bool>& ranks) const {
  std::vector<bool> seen(nodes_.size());  // products share parts: each needs one look
  std::vector<Value> pending{value};
  while (!pending.empty()) {
    const Value at = pending.back();
    pending.pop_back();
    if (seen[at]) continue;
    seen[at] = true;
    const Node& node = nodes_[at];
    if (node.kind == Kind::product) {
      if (node.length > 0) pending.insert(pending.end(), {node.left, node.right});
    } else if (node.left < ranks.size()) {
      ranks[node.left] = true;
    }
  }
}

std::string Provenance::text(Value value) const {
  constexpr std::size_t longest = 400;
  std::string text;
  visit_factors(value, [&](const Node& node) {
    if (!text.empty()) text += ' ';
    if (text.size() > longest) {
      text += "... (" + std::to_string(nodes_[value].length) + " factors)";
      return false;
    }
    const std::string where = std::to_string(node.left) + "." + std::to_string(node.right);
    text += node.kind == Kind::finish ? "finished" : node.kind == Kind::rubbish ? "rubbish" + where : where;
    return true;
  });
  return text.empty() ? "nothing" : text;
}

}  // namespace treering
