#include "topology/infiniband/fabric.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace treering::topology {
namespace {

std::uint64_t key_of(const FabricEnd& end) {
  return std::uint64_t{end.device} << 8 | end.port;
}

const char* name_of(FabricRole role) {
  switch (role) {
    case FabricRole::network_switch: return "a switch";
    case FabricRole::adapter: return "an adapter";
    case FabricRole::router: return "a router";
  }
  return "";
}

}  // namespace

std::string Fabric::find_or_add(FabricRole role, std::uint64_t guid, DeviceIndex& found) {
  const auto [at, is_new] = by_guid_.try_emplace(guid, static_cast<DeviceIndex>(devices_.size()));
  found = at->second;
  if (is_new) {
    if (devices_.size() >= limits_.nodes) {
      return fmt::format("there are more than {} devices (topologies are bounded) leave out what does not matter",
                         limits_.nodes);
    }
    devices_.push_back({.role = role, .guid = guid, .line = line_});
    return "";
  }
  const FabricDevice& known = devices_[found];
  if (known.role == role) return "";
  return fmt::format("{:#018x} is {} (line {} has {} of this GUID) discover the fabric again", guid, name_of(role),
                     known.line, name_of(known.role));
}

void Fabric::know_port(DeviceIndex device, const FabricPort& port) {
  std::vector<FabricPort>& ports = devices_[device].ports;
  const auto known = std::find_if(ports.begin(), ports.end(),
                                  [&](const FabricPort& candidate) { return candidate.number == port.number; });
  if (known == ports.end()) {
    ports.push_back(port);
    return;
  }
  if (known->guid == 0) known->guid = port.guid;
  if (known->lid == 0) known->lid = port.lid;
}

std::string Fabric::connect(const FabricEnd& from, const FabricEnd& to, const CableRate& rate) {
  const auto known = cable_at_.find(key_of(from));
  if (known == cable_at_.end()) {
    if (cable_at_.contains(key_of(to))) return problem_of_taken(to, from);
    if (cables_.size() >= limits_.links) {
      return fmt::format("there are more than {} cables (topologies are bounded) leave out what does not matter",
                         limits_.links);
    }
    const auto number = static_cast<std::uint32_t>(cables_.size());
    cables_.push_back({.from = from, .to = to, .rate = rate, .line = line_});
    cable_at_.emplace(key_of(from), number);
    cable_at_.emplace(key_of(to), number);
    return "";
  }
  Cable& cable = cables_[known->second];
  if (to != (cable.from == from ? cable.to : cable.from)) return problem_of_taken(from, to);
  cable.rate.width = std::max(cable.rate.width, rate.width);
  if (rate.lane_gts.value_or(0) > cable.rate.lane_gts.value_or(0)) cable.rate.lane_gts = rate.lane_gts;
  return "";
}

std::string Fabric::problem_of_taken(const FabricEnd& end, const FabricEnd& other) const {
  const Cable& cable = cables_[cable_at_.at(key_of(end))];
  const FabricEnd& there = cable.from == end ? cable.to : cable.from;
  const auto port_text = [&](const FabricEnd& port) {
    return fmt::format("port {} of {:#018x}", port.port, devices_[port.device].guid);
  };
  return fmt::format(
      "{} is cabled to {} (line {} has it cabled to {}) discover the fabric again, while nobody changes it",
      port_text(end), port_text(other), cable.line, port_text(there));
}

Error Fabric::error_at(std::uint64_t line, std::string_view problem) const {
  return {Code::invalid_argument,
          source_.empty() ? std::string(problem) : fmt::format("{}:{}: {}", source_, line, problem)};
}

}  // namespace treering::topology
