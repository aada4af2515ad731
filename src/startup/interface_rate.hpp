// What the network interface of a host carries and where it leads, as its kernel says.
#pragma once

#include <cstdint>
#include <string>

namespace treering {

/// Mbit/s of a network interface; 0 where nobody knows. Of an adapter what its driver says; of an interface that stands
/// on others what these do: a bond as the kernel adds it up, a bridge as its fastest port, a VLAN as what it lies on.
/// Those that stand on nothing (veth, tun) make their rates up, and virtual machines mostly do not know: 0. `system`:
/// what is mounted at /sys.
std::uint32_t mbits_of_interface(const std::string& name, const std::string& system = "/sys");

/// Is it a bridge that no adapter is a port of? Such join containers or virtual machines of this host, and have the
/// same address on every host (docker0: 172.17.0.1).
bool is_inner_bridge(const std::string& name, const std::string& system = "/sys");

}  // namespace treering
