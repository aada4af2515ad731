// An InfiniBand fabric as its subnet manager sees it: devices known by GUID, and cables between their ports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "topology/figure.hpp"
#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

enum class FabricRole : std::uint8_t { network_switch, adapter, router };

/// A device is named by its place in Fabric::devices().
using DeviceIndex = std::uint32_t;

/// What is known of a port beside its cable.
struct FabricPort {
  std::uint8_t number = 0;  ///< 0: that by which a switch is managed
  std::uint64_t guid = 0;   ///< 0: unknown
  std::uint16_t lid = 0;    ///< 0: none, or unknown
};

struct FabricDevice {
  FabricRole role = FabricRole::adapter;
  std::uint64_t guid = 0;        ///< of the device; of its first port where only ports are known
  std::uint64_t system = 0;      ///< GUID that it shares with what is built together with it; 0: unknown
  std::string description = {};  ///< any bytes
  std::vector<FabricPort> ports = {};
  std::uint64_t line = 0;  ///< of the source, where it came first
};

struct FabricEnd {
  DeviceIndex device = 0;
  std::uint8_t port = 0;

  friend bool operator==(const FabricEnd&, const FabricEnd&) = default;
};

/// Both unknown where they are not said.
struct CableRate {
  std::optional<std::uint16_t> width = {};  ///< lanes
  Figure lane_gts = {};                     ///< signalling rate of a lane
};

struct Cable {
  FabricEnd from;
  FabricEnd to;
  CableRate rate = {};
  std::uint64_t line = 0;
};

/// Made device by device and cable by cable, in any order. What returns a text returns what is wrong, or nothing.
class Fabric {
 public:
  /// `source` is the name of the file, for messages; empty: none.
  explicit Fabric(std::string source, const Limits& limits = {}) : source_(std::move(source)), limits_(limits) {}

  /// What comes now stands in this line.
  void at_line(std::uint64_t line) { line_ = line; }
  std::uint64_t line() const { return line_; }

  /// Finds the device of a GUID or adds it. Wrong: one that is known in another role; one too many.
  std::string find_or_add(FabricRole role, std::uint64_t guid, DeviceIndex& found);
  /// Makes a further GUID one of this device.
  void alias(std::uint64_t guid, DeviceIndex device) { by_guid_.emplace(guid, device); }

  /// Adds to what is known of a port: what comes first counts, and 0 is nothing.
  void know_port(DeviceIndex device, const FabricPort& port);

  /// Lays a cable, or recognizes it from its other end. Of two rates the higher is taken: who cannot say the newer
  /// speeds says an older one. Wrong: one of the ports has a cable to elsewhere; one too many.
  std::string connect(const FabricEnd& from, const FabricEnd& to, const CableRate& rate);

  FabricDevice& device(DeviceIndex index) { return devices_[index]; }
  const std::vector<FabricDevice>& devices() const { return devices_; }
  const std::vector<Cable>& cables() const { return cables_; }

  /// "fabric.txt:17: problem", or the problem where there is no source.
  Error error_at(std::uint64_t line, std::string_view problem) const;

 private:
  std::string problem_of_taken(const FabricEnd& end, const FabricEnd& other) const;

  std::string source_;
  Limits limits_;
  std::uint64_t line_ = 0;
  std::vector<FabricDevice> devices_;
  std::vector<Cable> cables_;
  std::unordered_map<std::uint64_t, DeviceIndex> by_guid_;
  std::unordered_map<std::uint64_t, std::uint32_t> cable_at_;  // by end
};

/// Switches and routers, and hosts with adapters as the descriptions of these say; see docs/topology.md.
/// Fails with Code::invalid_argument where the limits are exceeded.
Result<Topology> topology_of(const Fabric& fabric, const Limits& limits = {});

}  // namespace treering::topology
