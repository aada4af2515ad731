// What formats say that the topology has no member for, so that it can be written back: for every owner (the topology,
// a node, a link) a list of (origin, name, value), in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace treering::topology {

/// Origin is the format and, where it has several places, the place: "nccl.pci", "hwloc.info". The same name may come
/// several times.
struct Attribute {
  std::string_view origin;
  std::string_view name;
  std::string_view value;

  friend bool operator==(const Attribute&, const Attribute&) = default;
};

/// The attributes of one owner, in order. Points into the topology that it comes from.
class AttributeRange {
 public:
  struct Entry {  // places among the texts
    std::uint32_t origin = 0;
    std::uint32_t name = 0;
    std::uint32_t value = 0;

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  class Iterator {
   public:
    // NOLINTBEGIN(readability-identifier-naming): as iterators must
    using iterator_category = std::input_iterator_tag;
    using value_type = Attribute;
    using difference_type = std::ptrdiff_t;
    using pointer = const Attribute*;
    using reference = Attribute;
    // NOLINTEND(readability-identifier-naming)

    Iterator() = default;
    Iterator(const Entry* entry, const std::string* texts) : entry_(entry), texts_(texts) {}
    Attribute operator*() const { return {texts_[entry_->origin], texts_[entry_->name], texts_[entry_->value]}; }
    Iterator& operator++() {
      ++entry_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(entry_++, texts_); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.entry_ == b.entry_; }

   private:
    const Entry* entry_ = nullptr;
    const std::string* texts_ = nullptr;
  };

  AttributeRange(std::span<const Entry> entries, const std::string* texts) : entries_(entries), texts_(texts) {}

  Iterator begin() const { return {entries_.data(), texts_}; }
  Iterator end() const { return {entries_.data() + entries_.size(), texts_}; }
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  std::span<const Entry> entries_;
  const std::string* texts_;
};

/// The lists of owners 0, 1, .. Equal lists make equal tables. An owner without attributes costs 4 bytes (none where
/// nobody has any), an attribute 12; each text is kept once.
class AttributeTable {
 public:
  AttributeRange of(std::uint32_t owner) const {
    if (entries_.empty()) return {{}, nullptr};
    return {std::span(entries_).subspan(first_[owner], first_[owner + 1] - first_[owner]), texts_.data()};
  }

  friend bool operator==(const AttributeTable&, const AttributeTable&) = default;

 private:
  friend class AttributeCollector;
  using Entry = AttributeRange::Entry;

  std::vector<std::uint32_t> first_;  // entry of each owner, and one more
  std::vector<Entry> entries_;
  std::vector<std::string> texts_;  // in the order of their first use
};

/// Attributes as they come, of any owner at any time.
class AttributeCollector {
 public:
  enum class Owner : std::uint8_t { topology, node, link };

  AttributeCollector() = default;
  AttributeCollector(AttributeCollector&&) = default;  // a copy's keys would lie in the original

  /// Copies the texts.
  void add(Owner owner, std::uint32_t index, const Attribute& attribute);

  std::uint64_t size() const { return entries_.size(); }
  std::uint64_t texts_bytes() const { return texts_bytes_; }

  /// The table whose owners are the topology, then the nodes, then the links. Attributes of one origin are brought
  /// together, in the order in which the owner's origins came first.
  AttributeTable table(std::uint32_t nodes, std::uint32_t links) &&;

 private:
  struct Entry {
    Owner owner;
    std::uint32_t index;
    AttributeRange::Entry texts;
  };

  std::uint32_t number(std::string_view text);
  void bring_origins_together(std::span<Entry> of_one_owner) const;

  std::vector<Entry> entries_;
  std::deque<std::string> texts_;  // stay where they are, for the keys below
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::uint64_t texts_bytes_ = 0;
};

}  // namespace treering::topology
