#include "planning/load.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "planning/bounded.hpp"
#include "planning/growth.hpp"
#include "planning/pattern.hpp"
#include "planning/schedule_count.hpp"

namespace treering {
namespace {

std::uint64_t rank_ps(const Tally& tally, const Machine& within, const Machine& between) {
  const auto copied = [&](const Amount& near, const Amount& far) {
    return Wide{near.elements} * within.beta_ps + Wide{far.elements} * between.beta_ps;
  };
  return bounded(
      std::max(copied(tally.within.sent, tally.between.sent), copied(tally.within.received, tally.between.received)) +
      Wide{tally.folded} * within.gamma_ps);
}

/// What all bytes take that these ranks send, receive and combine.
std::uint64_t bytes_ps(const Tally& tally, const Machine& within, const Machine& between) {
  return bounded(Wide{tally.within.sent.elements + tally.within.received.elements} * within.beta_ps +
                 Wide{tally.between.sent.elements + tally.between.received.elements} * between.beta_ps +
                 Wide{tally.folded} * within.gamma_ps);
}

/// What the messages of these ranks take of processors.
std::uint64_t messages_ns(const Tally& tally, const Cluster& cluster) {
  return (tally.within.sent.messages + tally.within.received.messages) * cluster.within.overhead_ns +
         (tally.between.sent.messages + tally.between.received.messages) * cluster.between.overhead_ns;
}

Load::Work work_of(const Tally& tally, const Cluster::Host& host, std::uint64_t steps, const Cluster& cluster) {
  const auto ranks = static_cast<std::uint64_t>(host.ranks);
  const std::uint64_t cores = static_cast<std::uint64_t>(std::min(host.ranks, host.cores));
  Load::Work work{messages_ns(tally, cluster), bytes_ps(tally, cluster.within, cluster.between)};
  const std::uint64_t messages = tally.within.received.messages + tally.between.received.messages;
  if (host.ranks > host.cores) work.messages_ns += std::min(messages, steps * ranks) * cluster.within.wake_ns;
  return {work.messages_ns / cores, work.bytes_ps / cores};
}

bool has_no_more(const Load::Work& one, const Load::Work& than) {
  return one.messages_ns <= than.messages_ns && one.bytes_ps <= than.bytes_ps;
}

/// Most hosts are like others.
void leave_out_lesser(std::vector<Load::Work>& work) {
  std::ranges::sort(work, std::greater(),
                    [](const Load::Work& one) { return std::pair(one.messages_ns, one.bytes_ps); });
  std::vector<Load::Work> kept;
  for (const Load::Work& one : work)
    if (std::ranges::none_of(kept, [&](const Load::Work& other) { return has_no_more(one, other); }))
      kept.push_back(one);
  work = std::move(kept);
}

/// Takes in what ranks do, and adds it up.
class Loading {
 public:
  Loading(const Cluster& cluster, const Cost& cost) : cluster_(cluster), cost_(cost), hosts_(cluster.hosts.size()) {
    load_.stage_ns = cluster.between.alpha_ns + cluster.between.wake_ns;
    load_.all_volume = cost.all_volume;
  }

  void chain(std::uint64_t ns) { load_.chain_ns = std::max(load_.chain_ns, ns); }

  /// Of so many that do the same.
  void ranks(std::uint32_t host, const Tally& tally, std::uint64_t ranks) {
    load_.rank_ps = std::max(load_.rank_ps, rank_ps(tally, cluster_.within, cluster_.between));
    // Other cores do not help a rank with its messages: a root that hears from all takes in one after another.
    chain(messages_ns(tally, cluster_));
    hosts_[host].add(tally, ranks);
  }

  Load load() && {
    for (std::size_t k = 0; k < hosts_.size(); ++k) {
      const Passing& through = hosts_[k].between;
      load_.port_ps = std::max(load_.port_ps, bounded(Wide{std::max(through.sent.elements, through.received.elements)} *
                                                      cluster_.between.port_ps));
      load_.work.push_back(work_of(hosts_[k], cluster_.hosts[k], cost_.steps, cluster_));
    }
    leave_out_lesser(load_.work);
    return std::move(load_);
  }

 private:
  const Cluster& cluster_;
  const Cost& cost_;
  std::vector<Tally> hosts_;
  Load load_;
};

/// A chain goes over one hop after another; what waits at a slow one is the busiest rank's.
Load load_of_ring(const Cluster& cluster, const Cost& cost) {
  Loading loading(cluster, cost);
  const Rank ranks = cluster.ranks();
  const auto share_host = [&](Rank from, Rank to) { return cluster.host(from) == cluster.host(to); };
  std::uint64_t once_round_ns = 0;
  for (Rank rank = 0, left = ranks - 1; rank < ranks; left = rank++) {
    const Rank right = rank + 1 < ranks ? rank + 1 : 0;
    Tally tally{.folded = cost.folded};
    (share_host(rank, right) ? tally.within : tally.between).sent.add(cost.messages, cost.volume);
    (share_host(left, rank) ? tally.within : tally.between).received.add(cost.messages, cost.volume);
    loading.ranks(cluster.host(rank), tally, 1);
    once_round_ns += delay_between(rank, right, cluster).alpha_ns;
  }
  loading.chain(once_round_ns * cost.steps / static_cast<std::uint64_t>(ranks));
  return std::move(loading).load();
}

struct Others {
  Others(const Cluster& cluster, const Cluster::Host& host)
      : near(static_cast<std::uint64_t>(host.ranks) - 1),
        far(static_cast<std::uint64_t>(cluster.ranks() - host.ranks)) {}
  std::uint64_t near, far;

  /// Until the last of them has heard, when one after another is told.
  std::uint64_t told_ns(const Cluster& cluster) const {
    const Machine &slow = cluster.between, &fast = cluster.within;
    return near * fast.overhead_ns + (far - 1) * slow.overhead_ns + slow.alpha_ns + slow.wake_ns;
  }
};

/// Each time that a rank tells the others, the last of them hears when all have been sent to.
Load load_of_all_to_all(const Cluster& cluster, const Cost& cost) {
  Loading loading(cluster, cost);
  const std::uint64_t all = static_cast<std::uint64_t>(cluster.ranks()) - 1;
  const std::uint64_t times = cost.messages / all, elements = cost.volume / all;
  for (std::uint32_t k = 0; k < cluster.hosts.size(); ++k) {
    const Others others(cluster, cluster.hosts[k]);
    Tally tally{.folded = cost.folded};
    for (Amount* const amount : {&tally.within.sent, &tally.within.received})
      amount->add(others.near * times, others.near * elements);
    for (Amount* const amount : {&tally.between.sent, &tally.between.received})
      amount->add(others.far * times, others.far * elements);
    loading.ranks(k, tally, static_cast<std::uint64_t>(cluster.hosts[k].ranks));
    loading.chain(times * others.told_ns(cluster));
  }
  return std::move(loading).load();
}

/// Nobody talks but to the root.
Load load_of_star(const Cluster& cluster, const Cost& cost, Rank root, bool root_tells) {
  Loading loading(cluster, cost);
  const Others others(cluster, cluster.hosts[cluster.host(root)]);
  const std::uint64_t all = others.near + others.far;
  const std::uint64_t times = cost.messages / all, elements = cost.volume / all;
  const auto end = [](Passing& passing, bool sends) -> Amount& { return sends ? passing.sent : passing.received; };
  Tally center{.folded = cost.folded}, near, far;
  end(center.within, root_tells).add(others.near * times, others.near * elements);
  end(center.between, root_tells).add(others.far * times, others.far * elements);
  end(near.within, !root_tells).add(times, elements);
  end(far.between, !root_tells).add(times, elements);
  for (std::uint32_t k = 0; k < cluster.hosts.size(); ++k) {
    if (k != cluster.host(root)) {
      loading.ranks(k, far, static_cast<std::uint64_t>(cluster.hosts[k].ranks));
      continue;
    }
    loading.ranks(k, center, 1);
    if (others.near > 0) loading.ranks(k, near, others.near);
  }
  loading.chain(root_tells ? times * others.told_ns(cluster) : cluster.between.alpha_ns + cluster.between.wake_ns);
  return std::move(loading).load();
}

}  // namespace

Result<Load> load_of(const CatalogueRow& row, Rank root, const Cluster& cluster, const Sample& sample) {
  const Shape shape = unit_shape(cluster.ranks(), 0, root);
  const Cost cost = row.cost(shape);
  switch (pattern_of(row)) {
    case Pattern::ring: return load_of_ring(cluster, cost);
    case Pattern::others: return load_of_all_to_all(cluster, cost);
    case Pattern::from_root: return load_of_star(cluster, cost, root, true);
    case Pattern::to_root: return load_of_star(cluster, cost, root, false);
    case Pattern::other: break;
  }
  const auto counted = counted_by_sample(row, shape, sample);
  if (!counted) return counted.error();
  Loading loading(sample.cluster, cost);
  for (Rank rank = 0; rank < sample.cluster.ranks(); ++rank)
    loading.ranks(sample.cluster.host(rank), counted->tallies[static_cast<std::size_t>(rank)], 1);
  loading.chain(counted->chain_ns);
  return std::move(loading).load();
}

}  // namespace treering
