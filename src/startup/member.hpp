// What every rank knows of every other once all have met.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "options/constants.hpp"
#include "startup/addresses.hpp"
#include "startup/processors.hpp"
#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering {

/// How a process can be reached over RDMA, as far as others must know to tell whether they can.
struct RdmaReach {
  bool infiniband = false;   ///< a port on the subnet of this prefix:
  std::uint64_t subnet = 0;  ///< of InfiniBand
  bool ipv4 = false;         ///< RoCE v2, by addresses of this family
  bool ipv6 = false;
  std::uint32_t mbits = 0;  ///< Mbit/s of a port; 0: not known
};

struct Member {
  Rank rank = nobody;
  std::int64_t pid = 0;
  std::array<std::byte, 16> boot{};     ///< of the running kernel: the same on all processes of a host
  std::array<std::byte, 16> process{};  ///< random, once a process: pids repeat from container to container
  std::string host;                     ///< for people
  std::string socket_path;              ///< of the process's Unix socket
  std::uint16_t port = 0;               ///< of the process's TCP listener, at each of these:
  std::vector<Address> addresses;
  std::int32_t device = -1;  ///< the CUDA device; -1: host memory
  Processors processors;     ///< that the process may run on
  HostConstants constants;   ///< of its host, as the process has read them
  std::string interface;     ///< that the first address lies on, by which others try first; empty: loopback
  std::uint32_t mbits = 0;   ///< Mbit/s of that interface; 0: not known

  RdmaReach rdma;

  // Of its host, as rank 0 has found for all before the roster goes round:
  std::int32_t place = nowhere;      ///< among the hosts, as they stand along the network; nowhere: nobody says how
  std::uint32_t declared_mbits = 0;  ///< Mbit/s into it and out of it; 0: not known
  static constexpr std::int32_t nowhere = -1;
};

/// Member k is rank k.
using Roster = std::vector<Member>;

/// Puts into the roster what rank 0 knows of hosts. Called on the service thread.
using Arrange = std::function<Result<void>(Roster&)>;

/// The same kernel. Whether they can share memory is known only once a Unix connection has worked: containers differ.
inline bool may_share_host(const Member& a, const Member& b) {
  return a.boot == b.boot;
}
inline bool is_same_process(const Member& a, const Member& b) {
  return a.process == b.process;
}

/// Can a queue pair join the two?
bool can_join_by_rdma(const Member& a, const Member& b);

/// Processors that the members of one host may run on, all together: each member's are taken for neighbours.
Rank cores_of_host(const Roster& roster, const Member& member);

/// One host of a roster, and what `cores_of_host` says of its members.
struct HostOfRoster {
  std::vector<Rank> ranks;  ///< in ascending order
  Rank cores = 0;
};
/// In the order of their lowest ranks. Takes one pass over the roster, however many hosts there are.
std::vector<HostOfRoster> hosts_of(const Roster& roster);

/// Bytes of the ring of a wire, the same on all ranks. Ranks that share cores evict one another's rings from the
/// caches, and each of them may send to all others: so that the rings of a host still fit, they are smaller there.
std::uint64_t window_for(const Roster& roster);

/// "rank 5 (host h3, pid 911)".
std::string name_of(const Member& member);

/// A binomial tree over ranks with root 0: the parent of r is r with its lowest set bit cleared, its subtree is
/// [r, r + lowest bit). Start-up and control messages run along it: O(log p) rounds, O(log p) connections a rank.
Rank parent_in_tree(Rank rank);
std::vector<Rank> children_in_tree(Rank rank, Rank ranks);
/// Ranks in the subtree of `rank`.
Rank subtree_size(Rank rank, Rank ranks);
/// The neighbour of `rank` on the way to `target`; not for target == rank.
Rank next_in_tree(Rank rank, Rank target, Rank ranks);

class Encoder;
class Decoder;
void encode(const Member& member, Encoder& out);
/// No member takes more than these.
inline constexpr std::size_t longest_member_bytes = 633;
/// Marks the decoder as failed on anything out of bounds.
Member decode_member(Decoder& in);

}  // namespace treering
