// Files of NCCL: what was read can be written, and is read again as the same value.
#include "round_trip.hpp"
#include "topology/nccl/nccl_xml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  const auto topology = topology::topology_from_nccl_xml(fuzz::text(data, size), "input", fuzz::limits);
  if (!topology) return 0;
  const auto written = topology::nccl_xml_of(*topology);
  fuzz::require(static_cast<bool>(written));
  const auto again = topology::topology_from_nccl_xml(*written, "written", fuzz::limits);
  fuzz::require(again && *again == *topology);
  return 0;
}
