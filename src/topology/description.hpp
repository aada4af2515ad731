// Topologies that a person can type, for tests and what-if. docs/topology.md has the grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// What a link does each way: GB/s and microseconds, as far as they are known.
struct Speed {
  Figure gbs = {};
  Figure latency_us = {};

  friend bool operator==(const Speed&, const Speed&) = default;
};

/// A slot: generation 1 to 7, and lanes.
struct Slot {
  std::uint32_t generation = 0;
  std::uint32_t lanes = 16;

  friend bool operator==(const Slot&, const Slot&) = default;
};

/// How the GPUs of a host reach each other besides PCIe.
enum class GpuFabric : std::uint8_t { none, nvswitch, nvlink, xgmi };

/// GPUs, NICs, cores or NUMA domains of a host. The speed is that of the GPU fabric (of the slot, where there is none),
/// of a NIC's port, of a core's way to memory, or between two NUMA domains.
struct Parts {
  std::uint32_t count = 0;
  GpuFabric fabric = GpuFabric::none;
  Speed speed = {};
  std::optional<Slot> slot = {};

  friend bool operator==(const Parts&, const Parts&) = default;
};

/// What is in every host. There is always one NUMA domain at least; more only where `numa.count` says so.
struct Inside {
  Parts numa = {};
  Parts gpus = {};
  Parts nics = {};
  Parts cores = {};

  friend bool operator==(const Inside&, const Inside&) = default;
};

/// All hosts on one switch, which stands for a network that nobody described.
struct Flat {
  std::uint32_t hosts = 0;
  bool rails = false;  ///< NIC k of every host on switch k

  friend bool operator==(const Flat&, const Flat&) = default;
};

struct Torus {
  std::vector<std::uint32_t> extents;
  bool twisted = false;

  friend bool operator==(const Torus&, const Torus&) = default;
};

/// `down` hosts' worth of links go into a leaf for every `up` that go out of it; full bandwidth above.
struct FatTree {
  std::uint32_t hosts = 0;
  bool rails = false;                                ///< NIC k of a leaf's hosts on leaf k of its group
  std::uint32_t levels = 2;                          ///< of switches
  std::optional<std::uint32_t> hosts_per_leaf = {};  ///< none: the root of `hosts` by the number of levels, rounded up
  std::uint32_t down = 1;
  std::uint32_t up = 1;

  friend bool operator==(const FatTree&, const FatTree&) = default;
};

/// Routers of a group are linked pairwise, and so are groups.
struct Dragonfly {
  std::uint32_t groups = 0;
  std::uint32_t routers = 0;  ///< of a group
  std::uint32_t hosts_per_router = 0;
  std::optional<std::uint32_t> global_links = {};  ///< of a router; none: as few as link all groups
  Speed global = {};                               ///< unknown: as the other links

  friend bool operator==(const Dragonfly&, const Dragonfly&) = default;
};

struct Description {
  std::variant<Flat, Torus, FatTree, Dragonfly> network;
  Speed speed = {};  ///< of the network's links
  std::optional<Inside> inside = {};

  friend bool operator==(const Description&, const Description&) = default;
};

/// What the text describes. Fails (Code::invalid_argument) with the column of what is wrong, and where the topology
/// would have more nodes or links than `limits`.
Result<Description> description(std::string_view text, const Limits& limits = {});

/// The text in its normal form: GB/s, microseconds, nothing that is the default. description() of it gives the same
/// again.
std::string text_of(const Description& description);

/// The topology of a description that description() gave.
Result<Topology> topology_of(const Description& description, const Limits& limits = {});

/// Both: text to topology.
Result<Topology> described_topology(std::string_view text, const Limits& limits = {});

}  // namespace treering::topology
