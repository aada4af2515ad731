// What the network interface of a host carries, as its kernel says.
#pragma once

#include <cstdint>
#include <string>

namespace treering {

/// Mbit/s of a network interface; 0 where nobody knows. Of an adapter what its driver says; of an interface that stands
/// on others what these do: a bond as the kernel adds it up, a bridge as its fastest port, a VLAN as what it lies on.
/// Those that stand on nothing (veth, tun) make their rates up, and virtual machines mostly do not know: 0. `system`:
/// what is mounted at /sys.
std::uint32_t mbits_of_interface(const std::string& name, const std::string& system = "/sys");

}  // namespace treering
