#include "planning/load.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "planning/chain.hpp"
#include "planning/pattern.hpp"
#include "schedule/wiring.hpp"

namespace treering {
namespace {

struct Amount {
  std::uint64_t messages = 0;
  std::uint64_t elements = 0;
  void add(std::uint64_t more_messages, std::uint64_t more_elements) {
    messages += more_messages;
    elements += more_elements;
  }
};

/// What passes one kind of way, as one end sees it.
struct Passing {
  Amount sent, received;
};

/// What one rank does, or all ranks of a host.
struct Tally {
  Passing within, between;  // its host; hosts
  std::uint64_t folded = 0;
};

/// What the ranks do, by position, and the longest chain of messages.
struct Counted {
  std::vector<Tally> tallies;
  std::uint64_t chain_ns = 0;
};

class Counter {
 public:
  Counter(const CatalogueRow& row, Rank root, const RankOrder& order, const Cluster& cluster)
      : row_(row), cluster_(cluster) {
    const auto ranks = static_cast<Rank>(cluster.host_of.size());
    for (Rank k = 0; k < ranks; ++k) host_at_.push_back(cluster.host_of[static_cast<std::size_t>(order.rank_at(k))]);
    shape_.ranks = ranks;
    shape_.root = order.position_of(root);
    // So many are split evenly by ranks and by trees.
    shape_.count = shape_.sends.each = shape_.recvs.each = 2 * static_cast<std::uint64_t>(ranks);
    cost_ = row.cost(shape_);
    others_ = static_cast<std::uint64_t>(ranks) - 1;
    counted_.tallies.resize(host_at_.size());
  }

  const Cost& cost() const { return cost_; }
  std::uint32_t host_at(std::size_t position) const { return host_at_[position]; }

  Result<Counted> count(std::uint64_t most_messages) {
    switch (pattern_of(row_)) {
      case Pattern::ring: count_ring(); break;
      case Pattern::others: count_others(); break;
      case Pattern::other:
        if (cost_.all_messages > most_messages)
          count_strangers();
        else if (auto counted = count_schedules(); !counted)
          return std::move(counted).error();
    }
    return std::move(counted_);
  }

 private:
  bool crosses(Rank from, Rank to) const {
    return host_at_[static_cast<std::size_t>(from)] != host_at_[static_cast<std::size_t>(to)];
  }
  Tally& tally(Rank position) { return counted_.tallies[static_cast<std::size_t>(position)]; }
  Passing& passing(Rank of, Rank peer) { return crosses(of, peer) ? tally(of).between : tally(of).within; }
  Delay delay(Rank from, Rank to) const {
    const Machine& machine = crosses(from, to) ? cluster_.between : cluster_.within;
    return {machine.alpha_ns + machine.wake_ns, machine.overhead_ns};
  }

  /// A chain goes over one hop after another; what waits at a slow one is the busiest rank's.
  void count_ring() {
    std::uint64_t once_round_ns = 0;
    for (Rank rank = 0; rank < shape_.ranks; ++rank) {
      const Rank right = mod(rank + 1, shape_.ranks);
      passing(rank, right).sent.add(cost_.messages, cost_.volume);
      passing(right, rank).received.add(cost_.messages, cost_.volume);
      tally(rank).folded = cost_.folded;
      once_round_ns += delay(rank, right).alpha_ns;
    }
    counted_.chain_ns = once_round_ns * cost_.steps / (others_ + 1);
  }

  /// Each time that a rank tells the others, the last of them hears when all have been sent to.
  void count_others() {
    const std::uint64_t times = cost_.messages / others_, elements = cost_.volume / others_;
    std::vector<std::uint64_t> ranks_on(cluster_.hosts.size());
    for (const std::uint32_t host : host_at_) ++ranks_on[host];
    const Machine &slow = cluster_.between, &fast = cluster_.within;
    for (std::size_t k = 0; k < host_at_.size(); ++k) {
      Tally& tally = counted_.tallies[k];
      const std::uint64_t near = ranks_on[host_at_[k]] - 1, far = others_ - near;
      for (Amount* const amount : {&tally.within.sent, &tally.within.received})
        amount->add(near * times, near * elements);
      for (Amount* const amount : {&tally.between.sent, &tally.between.received})
        amount->add(far * times, far * elements);
      tally.folded = cost_.folded;
      const std::uint64_t posted_ns = near * fast.overhead_ns + (far - 1) * slow.overhead_ns;
      counted_.chain_ns = std::max(counted_.chain_ns, times * (posted_ns + slow.alpha_ns + slow.wake_ns));
    }
  }

  void count_strangers() {
    const std::uint64_t ranks = others_ + 1;
    for (Tally& tally : counted_.tallies) {
      for (Amount* const amount : {&tally.between.sent, &tally.between.received})
        amount->add(cost_.all_messages / ranks, cost_.all_volume / ranks);
      tally.folded = cost_.all_folded / ranks;
    }
    counted_.chain_ns = cost_.steps * (cluster_.between.alpha_ns + cluster_.between.wake_ns);
  }

  Result<void> count_schedules() {
    std::vector<Schedule> schedules;
    for (Shape shape = shape_; shape.rank < shape.ranks; ++shape.rank) {
      auto made = make(row_, shape);
      if (!made) return std::move(made).error();
      for (const Lane& lane : made->lanes) count_lane(shape.rank, lane);
      schedules.push_back(*std::move(made));
    }
    const auto wiring = wiring_of(schedules);
    if (!wiring) return wiring.error();
    const auto chain = longest_chain_ns(*wiring, [this](Rank from, Rank to) { return delay(from, to); });
    if (!chain) return chain.error();
    counted_.chain_ns = *chain;
    return {};
  }

  void count_lane(Rank rank, const Lane& lane) {
    for (const Step& step : lane.steps) {
      std::uint64_t taken = 0;
      for (const Act& word : lane.words(step)) {
        taken += takes(word);
        if (word.verb == Verb::recv) passing(rank, word.peer).received.add(1, step.count);
        if (word.verb == Verb::send) passing(rank, word.peer).sent.add(1, step.count);
      }
      if (taken > 1) tally(rank).folded += (taken - 1) * step.count;
    }
  }

  const CatalogueRow& row_;
  const Cluster& cluster_;
  std::vector<std::uint32_t> host_at_;  // by position
  Shape shape_;
  Cost cost_;
  std::uint64_t others_ = 0;
  Counted counted_;
};

void add(Passing& sum, const Passing& more) {
  sum.sent.add(more.sent.messages, more.sent.elements);
  sum.received.add(more.received.messages, more.received.elements);
}

std::uint64_t rank_ps(const Tally& tally, const Machine& within, const Machine& between) {
  const auto copied = [&](const Amount& near, const Amount& far) {
    return near.elements * within.beta_ps + far.elements * between.beta_ps;
  };
  return std::max(copied(tally.within.sent, tally.between.sent),
                  copied(tally.within.received, tally.between.received)) +
         tally.folded * within.gamma_ps;
}

/// What the messages of these ranks take of processors.
std::uint64_t messages_ns(const Tally& tally, const Cluster& cluster) {
  return (tally.within.sent.messages + tally.within.received.messages) * cluster.within.overhead_ns +
         (tally.between.sent.messages + tally.between.received.messages) * cluster.between.overhead_ns;
}

Load::Work work_of(const Tally& tally, const Cluster::Host& host, std::uint64_t steps, const Cluster& cluster) {
  const auto ranks = static_cast<std::uint64_t>(host.ranks);
  const std::uint64_t cores = static_cast<std::uint64_t>(std::min(host.ranks, host.cores));
  Load::Work work{messages_ns(tally, cluster), tally.folded * cluster.within.gamma_ps};
  for (const auto& [passing, machine] :
       {std::pair(tally.within, cluster.within), std::pair(tally.between, cluster.between)})
    work.bytes_ps += (passing.sent.elements + passing.received.elements) * machine.beta_ps;
  const std::uint64_t messages = tally.within.received.messages + tally.between.received.messages;
  if (host.ranks > host.cores) work.messages_ns += std::min(messages, steps * ranks) * cluster.within.wake_ns;
  return {work.messages_ns / cores, work.bytes_ps / cores};
}

/// Most hosts are like others.
void leave_out_lesser(std::vector<Load::Work>& work) {
  std::ranges::sort(work, std::greater(),
                    [](const Load::Work& one) { return std::pair(one.messages_ns, one.bytes_ps); });
  std::vector<Load::Work> kept;
  for (const Load::Work& one : work)
    if (kept.empty() || one.bytes_ps > kept.back().bytes_ps) kept.push_back(one);
  work = std::move(kept);
}

}  // namespace

Result<Load> load_of(const CatalogueRow& row, Rank root, const RankOrder& order, const Cluster& cluster,
                     std::uint64_t most_counted) {
  Counter counter(row, root, order, cluster);
  const auto counted = counter.count(most_counted);
  if (!counted) return counted.error();
  Load load{.chain_ns = counted->chain_ns,
            .stage_ns = cluster.between.alpha_ns + cluster.between.wake_ns,
            .all_volume = counter.cost().all_volume};
  std::vector<Tally> hosts(cluster.hosts.size());
  for (std::size_t k = 0; k < counted->tallies.size(); ++k) {
    const Tally& tally = counted->tallies[k];
    load.rank_ps = std::max(load.rank_ps, rank_ps(tally, cluster.within, cluster.between));
    // Other cores do not help a rank with its messages: a root that hears from all takes in one after another.
    load.chain_ns = std::max(load.chain_ns, messages_ns(tally, cluster));
    Tally& host = hosts[counter.host_at(k)];
    add(host.within, tally.within);
    add(host.between, tally.between);
    host.folded += tally.folded;
  }
  for (std::size_t k = 0; k < hosts.size(); ++k) {
    const Passing& through = hosts[k].between;
    load.port_ps =
        std::max(load.port_ps, std::max(through.sent.elements, through.received.elements) * cluster.between.port_ps);
    load.work.push_back(work_of(hosts[k], cluster.hosts[k], counter.cost().steps, cluster));
  }
  leave_out_lesser(load.work);
  return load;
}

}  // namespace treering
