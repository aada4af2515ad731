// What ibnetdiscover prints, in both of its formats.
#include "round_trip.hpp"
#include "topology/infiniband/ibnetdiscover.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  const auto topology = topology::topology_from_ibnetdiscover(fuzz::text(data, size), "input", fuzz::limits);
  if (topology) fuzz::require_json_round_trip(*topology);
  return 0;
}
