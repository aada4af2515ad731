// The native format.
#include "round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  const auto topology = topology::topology_from_json(fuzz::text(data, size), "input", fuzz::limits);
  if (topology) fuzz::require_json_round_trip(*topology);
  return 0;
}
