#include "topology/attributes.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

namespace treering::topology {
namespace {

constexpr std::uint32_t unnumbered = std::numeric_limits<std::uint32_t>::max();

/// Numbers texts anew, in the order of their first use.
class Renumbering {
 public:
  explicit Renumbering(std::deque<std::string>& old) : old_(old), numbers_(old.size(), unnumbered) {}

  std::uint32_t operator()(std::uint32_t old_number) {
    std::uint32_t& number = numbers_[old_number];
    if (number == unnumbered) {
      number = static_cast<std::uint32_t>(texts.size());
      texts.push_back(std::move(old_[old_number]));
    }
    return number;
  }

  std::vector<std::string> texts;

 private:
  std::deque<std::string>& old_;
  std::vector<std::uint32_t> numbers_;
};

}  // namespace

void AttributeCollector::add(Owner owner, std::uint32_t index, const Attribute& attribute) {
  const AttributeRange::Entry texts{number(attribute.origin), number(attribute.name), number(attribute.value)};
  entries_.push_back({owner, index, texts});
}

std::uint32_t AttributeCollector::number(std::string_view text) {
  if (const auto known = numbers_.find(text); known != numbers_.end()) return known->second;
  const auto next = static_cast<std::uint32_t>(texts_.size());
  numbers_.emplace(texts_.emplace_back(text), next);
  texts_bytes_ += text.size();
  return next;
}

void AttributeCollector::bring_origins_together(std::span<Entry> of_one_owner) const {
  for (auto next = of_one_owner.begin(); next != of_one_owner.end();) {
    const std::uint32_t origin = next->texts.origin;
    next = std::stable_partition(next, of_one_owner.end(),
                                 [&](const Entry& entry) { return entry.texts.origin == origin; });
  }
}

AttributeTable AttributeCollector::table(std::uint32_t nodes, std::uint32_t links) && {
  AttributeTable table;
  if (entries_.empty()) return table;
  const auto key = [](const Entry& entry) { return std::tuple(entry.owner, entry.index); };
  std::stable_sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) { return key(a) < key(b); });

  const std::uint32_t first_of[] = {0, 1, 1 + nodes};
  table.first_.assign(std::size_t{2} + nodes + links, 0);
  table.entries_.reserve(entries_.size());
  Renumbering renumbered(texts_);
  for (auto first = entries_.begin(); first != entries_.end();) {
    const auto end = std::find_if(first, entries_.end(), [&](const Entry& entry) { return key(entry) != key(*first); });
    bring_origins_together({first, end});
    table.first_[first_of[static_cast<int>(first->owner)] + first->index + 1] = static_cast<std::uint32_t>(end - first);
    for (; first != end; ++first) {
      const AttributeRange::Entry& old = first->texts;
      table.entries_.push_back({renumbered(old.origin), renumbered(old.name), renumbered(old.value)});
    }
  }
  std::partial_sum(table.first_.begin(), table.first_.end(), table.first_.begin());
  table.texts_ = std::move(renumbered.texts);
  return table;
}

}  // namespace treering::topology
