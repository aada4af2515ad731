// Files of hwloc.
#include "round_trip.hpp"
#include "topology/hwloc/xml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  constexpr topology::HwlocLimits hwloc_limits{.links = fuzz::limits.links};
  const auto topology = topology::topology_from_hwloc_xml(fuzz::text(data, size), "input", fuzz::limits, hwloc_limits);
  if (topology) fuzz::require_json_round_trip(*topology);
  return 0;
}
