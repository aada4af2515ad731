#include "planning/growth.hpp"

#include <algorithm>

#include "planning/bounded.hpp"
#include "planning/schedule_count.hpp"

namespace treering {
namespace {

std::uint64_t more(std::uint64_t now, std::uint64_t before) {
  return now > before ? now - before : 0;
}

/// What one more hop adds, here a nanosecond, and nothing else: so a chain is as many as it has hops.
Result<std::uint64_t> hops(const CatalogueRow& row, Shape shape, Rank ranks) {
  shape.ranks = ranks;
  shape.root = 0;
  Cluster apart{.within = {.alpha_ns = 1}};
  apart.hosts = {{ranks, ranks}};
  apart.host_of.resize(static_cast<std::size_t>(ranks));
  const auto few = counted(row, shape, apart);
  if (!few) return few.error();
  return few->chain_ns;
}

/// Of an algorithm that is no ring and does not let all talk to all: it has rounds, or levels.
Result<std::uint64_t> hops_of_a_doubling(const CatalogueRow& row, const Shape& shape) {
  constexpr Rank few = 8;
  const auto fewer = hops(row, shape, few), twice = hops(row, shape, 2 * few);
  if (!fewer) return fewer.error();
  if (!twice) return twice.error();
  return more(*twice, *fewer);
}

std::uint64_t sent(const Tally& tally) {
  return tally.within.sent.elements + tally.between.sent.elements;
}
std::uint64_t received(const Tally& tally) {
  return tally.within.received.elements + tally.between.received.elements;
}
std::uint64_t carried(const Tally& tally) {
  return std::max(sent(tally), received(tally));
}

/// Of what all ranks of the sample do, how much more as many of the whole do, for one that now does `mine` of them.
std::uint64_t share(std::uint64_t mine, Wide of_sample, Rank few, Wide of_whole, Rank many) {
  const Wide as_many = of_whole * static_cast<std::uint64_t>(few) / static_cast<std::uint64_t>(many);
  return as_many > of_sample && of_sample > 0 ? bounded(mine * (as_many - of_sample) / of_sample) : 0;
}

/// Ranks that do more grow by more: where some have two parts to play and others none, that is so in the whole too.
void grow(Tally& tally, const Cost& from, Rank few, const Cost& to, Rank many) {
  const auto grown = [&](const Amount& near, const Amount& far) {
    return Amount{share(near.messages + far.messages, from.all_messages, few, to.all_messages, many),
                  share(near.elements + far.elements, from.all_volume, few, to.all_volume, many)};
  };
  const Amount sent = grown(tally.within.sent, tally.between.sent),
               received = grown(tally.within.received, tally.between.received);
  tally.between.sent.add(sent.messages, sent.elements);
  tally.between.received.add(received.messages, received.elements);
  tally.folded += share(tally.folded, from.all_folded, few, to.all_folded, many);
}

/// The busiest sends more or receives more: a root does either. It did as much as the costs say before.
void grow_busiest(Tally& busiest, const Tally& before, const Cost& from, const Cost& to) {
  const bool sends = sent(before) >= received(before);
  Amount& amount = sends ? busiest.between.sent : busiest.between.received;
  const Amount& old = sends ? before.between.sent : before.between.received;
  amount.messages = std::max(amount.messages, old.messages + more(to.messages, from.messages));
  amount.elements = std::max(amount.elements, old.elements + more(to.volume, from.volume));
  busiest.folded = std::max(busiest.folded, before.folded + more(to.folded, from.folded));
}

void grow(std::vector<Tally>& tallies, const Cost& from, const Cost& to, Rank many) {
  const auto busiest = std::ranges::max_element(tallies, {}, carried);
  const Tally before = *busiest;
  for (Tally& tally : tallies) grow(tally, from, static_cast<Rank>(tallies.size()), to, many);
  grow_busiest(*busiest, before, from, to);
}

}  // namespace

Result<Counted> counted_by_sample(const CatalogueRow& row, const Shape& shape, const Sample& sample) {
  if (sample.cluster.ranks() == shape.ranks) return counted(row, shape, sample.cluster);
  Shape of_sample = shape;
  of_sample.ranks = sample.cluster.ranks();
  of_sample.root = sample.stands_for[static_cast<std::size_t>(shape.root)];
  auto found = counted(row, of_sample, sample.cluster);
  if (!found) return found;
  const auto hops = hops_of_a_doubling(row, shape);
  if (!hops) return hops.error();
  const Machine& between = sample.cluster.between;
  found->chain_ns += *hops * (rounds(shape.ranks) - rounds(of_sample.ranks)) * (between.alpha_ns + between.wake_ns);
  const Cost from = row.cost(of_sample), to = row.cost(shape);
  grow(found->tallies, from, to, shape.ranks);
  return found;
}

}  // namespace treering
